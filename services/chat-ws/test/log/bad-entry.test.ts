import { silentLogger } from '@parley/common/runtime/logger';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createCommitQueue } from '../../src/log/commit-queue.ts';
import { creation, openTestLog, post, type TestLog, texts } from './open-test-log.ts';

/** Makes the database refuse entries with the text "bad". */
async function refuseBad({ database: { db, kind } }: TestLog): Promise<void> {
  if (kind === 'sqlite') {
    await sql`CREATE TRIGGER refuse BEFORE INSERT ON messages WHEN NEW.text = 'bad'
      BEGIN SELECT RAISE(ABORT, 'bad'); END`.execute(db);
  } else {
    await sql`ALTER TABLE messages ADD CHECK (text <> 'bad')`.execute(db);
  }
}

describeEachDatabase('an entry that the database refuses', (databases) => {
  test('fails its batch as a whole, and says that data is at fault', async () => {
    const test = await openTestLog(await databases.create());
    await test.log.openRoom('lobby', creation);
    await refuseBad(test);
    const batch = [post('lobby', 'a', { key: 'k' }), post('lobby', 'bad', { key: 'l' })];
    await expect(test.log.append(batch)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
    expect(await test.log.openRoom('lobby')).toMatchObject({ head: 0 });
    expect(test.log.health()).toBeUndefined();
    expect(await test.log.append([post('lobby', 'a', { key: 'k' })])).toMatchObject([{ seq: 1, duplicate: false }]);
  });

  test('is refused alone when it comes through the commit queue', async () => {
    const test = await openTestLog(await databases.create());
    await test.log.openRoom('lobby', creation);
    await refuseBad(test);
    const committed: number[] = [];
    const queue = createCommitQueue(test.log, {
      maxBatch: 100,
      maxWaiting: 100,
      maxWaitingChars: 10_000,
      onCommitted: (_room, _epoch, entries) => committed.push(...entries.map(({ seq }) => seq)),
      log: silentLogger(),
    });
    const all = ['a', 'b', 'bad', 'd', 'e'].map((text) => queue.postAndWait(post('lobby', text)));
    const ended = await Promise.allSettled(all);
    expect(ended.map((each) => (each.status === 'fulfilled' ? each.value.seq : each.reason.code))).toEqual([
      1,
      2,
      'BAD_MESSAGE',
      3,
      4,
    ]);
    expect(committed).toEqual([1, 2, 3, 4]);
    expect(await texts(test.log, 'lobby')).toEqual(['a', 'b', 'd', 'e']);
  });
});
