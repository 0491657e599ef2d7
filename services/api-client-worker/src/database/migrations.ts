import type { DatabaseKind, Migrations } from '@parley/common/runtime/database';
import { type Kysely, sql } from 'kysely';

export const migrations: Migrations = (kind) => ({
  '0001-webhooks': { up: (db) => createTables(db, kind) },
});

async function createTables(db: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  // AUTOINCREMENT: ids are the order of events and the cursor of lists, so none may come twice.
  const jobId = sql.raw(
    kind === 'sqlite' ? 'INTEGER PRIMARY KEY AUTOINCREMENT' : 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
  );
  const statements = [
    sql`CREATE TABLE feeds (
      source TEXT PRIMARY KEY, place TEXT, losses BIGINT NOT NULL DEFAULT 0, lost_at BIGINT, updated_at BIGINT NOT NULL)`,
    sql`CREATE TABLE endpoints (
      id TEXT PRIMARY KEY, url TEXT NOT NULL, events TEXT NOT NULL, room TEXT, description TEXT,
      enabled INTEGER NOT NULL, disabled_reason TEXT,
      secret TEXT NOT NULL, previous_secret TEXT, previous_until BIGINT,
      hold_until BIGINT NOT NULL DEFAULT 0, claimed_at BIGINT NOT NULL DEFAULT 0, version BIGINT NOT NULL DEFAULT 1,
      created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)`,
    sql`CREATE TABLE events (
      event_id TEXT PRIMARY KEY, type TEXT NOT NULL, at BIGINT NOT NULL, body TEXT NOT NULL, created_at BIGINT NOT NULL)`,
    sql`CREATE INDEX events_by_age ON events (created_at)`,
    sql`CREATE TABLE jobs (
      id ${jobId},
      endpoint_id TEXT NOT NULL REFERENCES endpoints ON DELETE CASCADE,
      event_id TEXT NOT NULL REFERENCES events,
      state TEXT NOT NULL CHECK (state IN ('pending', 'running', 'succeeded', 'dead')),
      lane TEXT NOT NULL CHECK (lane IN ('ordered', 'free')),
      due_at BIGINT NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, max_failures INTEGER NOT NULL,
      claim BIGINT NOT NULL DEFAULT 0, lease_until BIGINT,
      created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
      UNIQUE (event_id, endpoint_id))`,
    sql`CREATE INDEX jobs_ordered ON jobs (endpoint_id, state, id) WHERE lane = 'ordered'`,
    sql`CREATE INDEX jobs_free ON jobs (endpoint_id, state, due_at) WHERE lane = 'free'`,
    sql`CREATE INDEX jobs_by_state ON jobs (state, id)`,
    sql`CREATE INDEX jobs_by_age ON jobs (state, updated_at)`,
    sql`CREATE TABLE attempts (
      job_id BIGINT NOT NULL REFERENCES jobs ON DELETE CASCADE, number INTEGER NOT NULL,
      at BIGINT NOT NULL, duration_ms INTEGER NOT NULL, outcome TEXT NOT NULL,
      status INTEGER, error TEXT, snippet TEXT,
      PRIMARY KEY (job_id, number))`,
  ];
  for (const statement of statements) await statement.execute(db);
}
