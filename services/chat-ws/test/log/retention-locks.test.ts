import { describePostgres } from '@parley/common/runtime/test-databases';
import { sql } from 'kysely';
import { expect, test, vi } from 'vitest';
import { patience } from '../client.ts';
import { change, creation, DAY, openTestLog, post, type TestLog } from './open-test-log.ts';

const blocked = async ({ database: { db } }: TestLog): Promise<number> => {
  const { rows } = await sql`SELECT 1 FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()`.execute(db);
  return rows.length;
};

describePostgres('retention beside changes', (databases) => {
  test('never waits for a batch that waits for it: both are done, one after the other', async () => {
    const test = await openTestLog(await databases.create());
    const { log, database } = test;
    await log.openRoom('lobby', creation);
    await log.append([post('lobby', 'a'), post('lobby', 'b'), post('lobby', 'c')]);
    const held = Promise.withResolvers<void>();
    const holding = Promise.withResolvers<void>();
    // Keeps the sweep, which has come past the first message, from going on.
    const holder = database.db.transaction().execute(async (trx) => {
      await sql`SELECT 1 FROM messages WHERE seq = 2 FOR UPDATE`.execute(trx);
      holding.resolve();
      await held.promise;
    });
    await holding.promise;
    const sweep = log.sweep(Date.now() + 40 * DAY);
    await vi.waitFor(async () => expect(await blocked(test)).toBe(1), patience);
    const changed = log.append([change('lobby', 1, 'x'), post('lobby', 'd')]);
    await vi.waitFor(async () => expect(await blocked(test)).toBe(2), patience);
    held.resolve();
    await holder;
    await sweep;
    expect(await changed).toMatchObject([{ code: 'NOT_FOUND' }, { seq: 4 }]);
  });
});
