import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { expect, test } from 'vitest';
import { forgetChanged, loadChanged, storeChanged } from '../../src/log/changed-users.ts';
import type { Changed } from '../../src/users/known-users.ts';
import { openTestLog } from './open-test-log.ts';

const changed = (user: string, name: string, until: number): Changed => ({ user, name, role: 'user', until });

describeEachDatabase('users who have been changed', (databases) => {
  test('are stored as they are by their latest change, and of them the latest are loaded', async () => {
    const { log, database } = await openTestLog(await databases.create());
    const store = (...some: Changed[]) => log.write((trx) => storeChanged(trx, some));
    const names = async (limit: number) => (await loadChanged(database.db, limit)).map(({ name }) => name);
    await store(changed('u_b', 'ben', 20), changed('u_a', 'ada', 30), changed('u_c', 'carl', 10));
    // A node that is behind in the feed.
    await store(changed('u_a', 'old', 25));
    expect(await names(9)).toEqual(['carl', 'ben', 'ada']);
    await store(changed('u_c', 'cleo', 40));
    expect(await names(2)).toEqual(['ada', 'cleo']);
    await log.write((trx) => forgetChanged(trx, 30));
    expect(await names(9)).toEqual(['cleo']);
  });
});
