import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { expect, onTestFinished, test } from 'vitest';
import { append, creation, openTestLog, post, type TestLog, texts } from './open-test-log.ts';

/** Takes every connection that Kysely has to lend, as readers do; gives how to let them go. */
async function takeConnections({ database: { db, kind } }: TestLog): Promise<() => Promise<void>> {
  const end = Promise.withResolvers<void>();
  const uses: Promise<void>[] = [];
  for (let n = 0; n < (kind === 'sqlite' ? 1 : 10); n++) {
    const taken = Promise.withResolvers<void>();
    uses.push(
      db.connection().execute(() => {
        taken.resolve();
        return end.promise;
      }),
    );
    await taken.promise;
  }
  const release = async () => {
    end.resolve();
    await Promise.all(uses);
  };
  onTestFinished(release);
  return release;
}

describeEachDatabase('while readers have the connections', (databases) => {
  test('posts are stored, though other writes wait', async () => {
    const test = await openTestLog(await databases.create());
    const { log } = test;
    await log.openRoom('lobby', creation);
    const release = await takeConnections(test);
    const made = log.openRoom('den', creation);
    const swept = log.sweep(Date.now());
    await append(log, post('lobby', 'a'));
    await append(log, post('lobby', 'b'));
    await release();
    expect(await made).toMatchObject({ room: 'den', head: 0 });
    await swept;
    await append(log, post('den', 'c'));
    expect(await texts(log, 'lobby')).toEqual(['a', 'b']);
  });

  test('many writes, sweeps and posts at once all come to their end', async () => {
    const { log } = await openTestLog(await databases.create());
    await log.openRoom('lobby', creation);
    const all = Array.from({ length: 20 }, (_, n) => [
      log.openRoom(`room-${n}`, creation),
      log.sweep(Date.now()),
      append(log, post('lobby', 'a')),
      log.rooms(1, 10),
    ]);
    await Promise.all(all.flat());
    expect(await texts(log, 'lobby')).toHaveLength(20);
    expect(await log.rooms(1, 10)).toMatchObject({ total: 21 });
  });
});
