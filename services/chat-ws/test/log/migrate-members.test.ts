import { createClosers } from '@parley/common/runtime/closers';
import { openDatabase } from '@parley/common/runtime/database';
import { silentLogger } from '@parley/common/runtime/logger';
import { describeEachDatabase, type TestDatabase } from '@parley/common/runtime/test-databases';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { chatMigrations } from '../../src/log/migrations.ts';
import { ada, append, creation, openTestLog, post, texts } from './open-test-log.ts';

/** A database as version 0001 left it: rooms by a user and by a guest, and an id that was used and is free again. */
async function writeOld({ dataDir, databaseUrl }: TestDatabase): Promise<void> {
  const closers = createClosers();
  const { db } = await openDatabase({
    service: 'chat',
    databaseUrl,
    dataDir,
    migrations: (kind) => ({ '0001-rooms-and-logs': chatMigrations(kind)['0001-rooms-and-logs']! }),
    closers,
    log: silentLogger(),
  });
  const columns = sql`name, epoch, visibility, head, oldest, stored, created_by, created_by_name, created_at`;
  for (const [name, by] of [
    ['lobby', 'u_ada'],
    ['den', 'g_123'],
    ['gone', 'u_ada'],
  ])
    await sql`INSERT INTO rooms (${columns}) VALUES (${name}, 'e1', 'public', 1, 1, 1, ${by}, 'ada', 5)`.execute(db);
  await sql`INSERT INTO messages (room_id, seq, at, sender_id, sender_name, text)
    SELECT id, 1, 5, 'u_ada', 'ada', name FROM rooms`.execute(db);
  await sql`DELETE FROM rooms WHERE name = 'gone'`.execute(db);
  await closers.close();
}

describeEachDatabase('what an earlier version stored', (databases) => {
  test('is there, with ids that are never given again, and owners', async () => {
    const where = await databases.create();
    await writeOld(where);
    const { log, database } = await openTestLog(where);
    expect(await log.access('lobby', ada.id)).toMatchObject({
      role: 'owner',
      head: { epoch: 'e1', head: 1, createdAt: 5, topic: '', version: 1 },
    });
    expect((await log.directory.members('den', { withBanned: true, page: 1, perPage: 9 })).total).toBe(0);
    expect(await texts(log, 'den')).toEqual(['den']);
    expect(await append(log, post('lobby', 'more'))).toMatchObject({ seq: 2, epoch: 'e1' });
    await log.directory.create('new', creation);
    const { id } = await database.db
      .selectFrom('rooms')
      .select('id')
      .where('name', '=', 'new')
      .executeTakeFirstOrThrow();
    expect(id).toBe(4);
    await expect(log.directory.create('lobby', creation)).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});
