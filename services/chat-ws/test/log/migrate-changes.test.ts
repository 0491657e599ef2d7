import { createClosers } from '@parley/common/runtime/closers';
import { openDatabase } from '@parley/common/runtime/database';
import { silentLogger } from '@parley/common/runtime/logger';
import { describeEachDatabase, type TestDatabases } from '@parley/common/runtime/test-databases';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { chatMigrations } from '../../src/log/migrations.ts';
import type { ChatTables } from '../../src/log/tables.ts';
import { append, change, openTestLog } from './open-test-log.ts';

describeEachDatabase('a log from before there were changes', (databases) => {
  test('stays as it was, and can be changed', async () => {
    const { where, db, before } = await openOlder(databases, '0002');
    await sql`INSERT INTO rooms (name, epoch, visibility, head, oldest, stored, created_by, created_by_name, created_at)
      VALUES ('lobby', 'e', 'public', 2, 1, 1, 'u_ada', 'ada', 0)`.execute(db);
    await sql`INSERT INTO messages SELECT id, 1, 0, 'u_ada', 'ada', 'text', NULL FROM rooms`.execute(db);
    await sql`INSERT INTO messages SELECT id, 2, 0, 'u_ada', 'ada', NULL, 'null' FROM rooms`.execute(db);
    await before.close();

    const { log } = await openTestLog(where);
    const from = { id: 'u_ada', name: 'ada' };
    expect((await log.read('lobby', 1, 10)).entries).toEqual([
      { seq: 1, at: 0, from, text: 'text' },
      { seq: 2, at: 0, from, data: null },
    ]);
    await append(log, change('lobby', 2, null));
    expect((await log.read('lobby', 1, 10)).entries).toMatchObject([{ text: 'text' }, { deleted: true }, { of: 2 }]);
  });

  test('of which every change had its text keeps that of the latest ones', async () => {
    const { where, db, before } = await openOlder(databases, '0006');
    await sql`INSERT INTO rooms (name, epoch, visibility, head, oldest, stored, created_by, created_by_name, created_at)
      VALUES ('lobby', 'e', 'public', 6, 1, 1, 'u_ada', 'ada', 0)`.execute(db);
    const rows: [number, string | null, number | null][] = [
      [1, 'b', null],
      [2, 'b', 1],
      [3, 'b', 1],
      [4, null, null],
      [5, null, 4],
      [6, null, 4],
    ];
    for (const [seq, text, of] of rows)
      await sql`INSERT INTO messages (room_id, seq, at, sender_id, sender_name, text, of_seq)
        SELECT id, ${sql.lit(seq)}, 0, 'u_ada', 'ada', ${sql.lit(text)}, ${sql.lit(of)} FROM rooms`.execute(db);
    await before.close();

    const { log, database } = await openTestLog(where);
    expect((await log.read('lobby', 1, 10)).entries).toMatchObject([
      { text: 'b' },
      { of: 1, text: 'b' },
      { of: 1, text: 'b' },
      { deleted: true },
      { of: 4, deleted: true },
      { of: 4, deleted: true },
    ]);
    const kept = database.db.selectFrom('messages').select('seq').where('text', 'is not', null).orderBy('seq');
    expect((await kept.execute()).map(({ seq }) => seq)).toEqual([1, 3]);
  });
});

/** A database as it was before the first migration whose name is not below `until`. */
async function openOlder(databases: TestDatabases, until: string) {
  const where = await databases.create();
  const before = createClosers();
  onTestFinished(() => before.close());
  const { db } = await openDatabase<ChatTables>({
    service: 'chat',
    ...where,
    databaseUrl: where.databaseUrl,
    migrations: (kind) => Object.fromEntries(Object.entries(chatMigrations(kind)).filter(([name]) => name < until)),
    closers: before,
    log: silentLogger(),
  });
  return { where, db, before };
}
