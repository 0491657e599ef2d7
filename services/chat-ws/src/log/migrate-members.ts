import type { DatabaseKind } from '@parley/common/runtime/database';
import { type Kysely, sql } from 'kysely';

/**
 * Rooms can be deleted, and have members. A deleted room's row stays until its messages and events are gone, so a name is unique among the
 * others only. Who had made a room before is its owner; guests own nothing.
 */
export async function migrateMembers<Tables>(db: Kysely<Tables>, kind: DatabaseKind): Promise<void> {
  await (kind === 'sqlite' ? rebuildRooms(db) : alterRooms(db));
  await sql`CREATE UNIQUE INDEX rooms_by_name ON rooms (name) WHERE deleted_at IS NULL`.execute(db);
  await sql`CREATE INDEX rooms_deleted ON rooms (id) WHERE deleted_at IS NOT NULL`.execute(db);

  const text = kind === 'sqlite' ? sql`TEXT` : sql`TEXT COLLATE "C"`;
  const clustered = kind === 'sqlite' ? sql`WITHOUT ROWID` : sql``;
  await sql`CREATE TABLE members (
    room_id INTEGER NOT NULL,
    user_id ${text} NOT NULL,
    user_name ${text} NOT NULL,
    role TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (room_id, user_id)) ${clustered}`.execute(db);
  await sql`CREATE INDEX members_by_user ON members (user_id, room_id)`.execute(db);
  await sql`CREATE TABLE room_keys (
    user_id ${text} NOT NULL,
    key ${text} NOT NULL,
    content_hash TEXT NOT NULL,
    answer TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (user_id, key)) ${clustered}`.execute(db);
  await sql`CREATE INDEX room_keys_by_time ON room_keys (at)`.execute(db);
  await sql`INSERT INTO members (room_id, user_id, user_name, role, at)
    SELECT id, created_by, created_by_name, 'owner', created_at FROM rooms WHERE substr(created_by, 1, 2) <> 'g_'`.execute(
    db,
  );
}

const added = sql`topic TEXT NOT NULL DEFAULT '', version BIGINT NOT NULL DEFAULT 1, changes BIGINT NOT NULL DEFAULT 0, deleted_at BIGINT`;

async function alterRooms<Tables>(db: Kysely<Tables>): Promise<void> {
  await sql`ALTER TABLE rooms DROP CONSTRAINT rooms_name_key`.execute(db);
  await sql`ALTER TABLE rooms ADD COLUMN topic TEXT NOT NULL DEFAULT '', ADD COLUMN version BIGINT NOT NULL DEFAULT 1,
    ADD COLUMN changes BIGINT NOT NULL DEFAULT 0, ADD COLUMN deleted_at BIGINT`.execute(db);
}

/**
 * SQLite cannot drop a UNIQUE of a column: the table is written anew, with the same ids (sqlite.org/lang_altertable.html §7). No id may
 * ever be given again, so the counter of AUTOINCREMENT goes with it.
 */
async function rebuildRooms<Tables>(db: Kysely<Tables>): Promise<void> {
  const columns = sql`id, name, epoch, visibility, head, oldest, stored, created_by, created_by_name, created_at`;
  await sql`CREATE TABLE rooms_rebuilt (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    epoch TEXT NOT NULL,
    visibility TEXT NOT NULL,
    head BIGINT NOT NULL,
    oldest BIGINT NOT NULL,
    stored BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    created_by_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ${added})`.execute(db);
  await sql`INSERT INTO rooms_rebuilt (${columns}) SELECT ${columns} FROM rooms`.execute(db);
  await sql`DELETE FROM sqlite_sequence WHERE name = 'rooms_rebuilt'`.execute(db);
  await sql`INSERT INTO sqlite_sequence (name, seq) SELECT 'rooms_rebuilt', seq FROM sqlite_sequence WHERE name = 'rooms'`.execute(
    db,
  );
  await sql`DROP TABLE rooms`.execute(db);
  await sql`ALTER TABLE rooms_rebuilt RENAME TO rooms`.execute(db);
  await sql`CREATE INDEX rooms_by_creator ON rooms (created_by)`.execute(db);
}
