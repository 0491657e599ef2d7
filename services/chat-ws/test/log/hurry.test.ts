import { DatabaseSync } from 'node:sqlite';
import { describeEachDatabase, type TestDatabase } from '@parley/common/runtime/test-databases';
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { patience } from '../client.ts';
import { append, creation, openTestLog, post, type TestLog, texts } from './open-test-log.ts';

/** Somebody else keeps the log from being written until they let go; `waited`: somebody is waiting for them, where that can be seen. */
async function lock({ databaseUrl }: TestDatabase, { database }: TestLog) {
  if (databaseUrl === undefined) {
    const other = new DatabaseSync(database.file ?? '');
    other.exec('BEGIN IMMEDIATE');
    return { letGo: () => other.close(), async waited() {} };
  }
  const other = new pg.Client(databaseUrl);
  await other.connect();
  await other.query('BEGIN; LOCK TABLE chat.messages IN SHARE MODE');
  const waiting = "SELECT FROM pg_locks WHERE NOT granted AND relation = 'chat.messages'::regclass";
  const waited = () => vi.waitFor(async () => expect((await other.query(waiting)).rowCount).toBe(1), patience);
  return { letGo: () => other.end(), waited };
}

describeEachDatabase('a log that somebody else keeps from being written', (databases) => {
  test('refuses, once it is to hurry, what waits, stores nothing of it, and closes at once', async () => {
    const where = await databases.create();
    const opened = await openTestLog(where);
    const { log } = opened;
    await log.openRoom('lobby', creation);
    await append(log, post('lobby', 'stored'));
    const { letGo, waited } = await lock(where, opened);
    onTestFinished(letGo);
    const late = [log.append([post('lobby', 'late')]), log.append([post('lobby', 'later')])];
    const results = Promise.allSettled(late);
    await waited();
    const begun = performance.now();
    log.hurry();
    expect(await results).toMatchObject([{ reason: { code: 'UNAVAILABLE' } }, { reason: { code: 'UNAVAILABLE' } }]);
    expect(await texts(log, 'lobby')).toEqual(['stored']);
    await opened.close();
    expect(performance.now() - begun).toBeLessThan(4_000);
  });
});
