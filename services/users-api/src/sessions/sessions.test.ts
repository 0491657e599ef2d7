import { createClosers } from '@parley/common/runtime/closers';
import { openDatabase } from '@parley/common/runtime/database';
import { silentLogger } from '@parley/common/runtime/logger';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { sql } from 'kysely';
import { expect, test, vi } from 'vitest';
import { migrations } from '../migrations.ts';
import type { Tables, UserRow } from '../tables.ts';
import { createSessions } from './sessions.ts';

const ada: UserRow = {
  id: 'u_1',
  username: 'ada',
  email: 'ada@example.org',
  email_key: 'ada@example.org',
  display_name: 'Ada',
  role: 'user',
  password_hash: 'old',
  version: 1,
  created_at: 1,
  updated_at: 1,
};
const device = { userAgent: undefined, address: undefined };
const limits = { idleMs: 1_000, maxMs: 1_000, graceMs: 0, perUser: 3 };

describeEachDatabase('a session', (databases) => {
  test('does not begin after its user has changed, also while the change is being committed', async () => {
    const { dataDir, databaseUrl } = await databases.create();
    const closers = createClosers();
    const log = silentLogger();
    const database = await openDatabase<Tables>({ service: 'users', databaseUrl, dataDir, migrations, closers, log });
    const { db } = database;
    const sessions = createSessions({ database, limits });
    await db.insertInto('users').values(ada).execute();
    expect(await sessions.start(ada, device)).toBeDefined();
    const late = await db.transaction().execute(async (trx) => {
      await trx.updateTable('users').set({ password_hash: 'new' }).where('id', '=', ada.id).execute();
      await sessions.endAll(ada.id, undefined, trx);
      const starting = sessions.start(ada, device);
      if (databases.kind === 'postgres') {
        const waiting = sql`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
        await vi.waitFor(async () => expect((await waiting.execute(db)).rows).toHaveLength(1), { timeout: 10_000 });
      }
      return { starting };
    });
    expect(await late.starting).toBeUndefined();
    expect(await sessions.list(ada.id)).toEqual([]);

    await db.deleteFrom('users').execute();
    expect(await sessions.start({ ...ada, password_hash: 'new' }, device)).toBeUndefined();
    await closers.close();
  });
});
