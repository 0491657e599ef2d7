import type { Migrations } from '@parley/common/runtime/database';
import { createEventTables } from '@parley/common/runtime/event-table';
import { type Kysely, sql } from 'kysely';

/** One DDL for both kinds of storage: TEXT and BIGINT mean the same to SQLite and PostgreSQL. */
export const migrations: Migrations = (kind) => ({
  '0001-users': {
    async up(db: Kysely<unknown>) {
      await sql`CREATE TABLE users (
        id TEXT PRIMARY KEY,
        username TEXT NOT NULL UNIQUE,
        email TEXT NOT NULL,
        email_key TEXT NOT NULL UNIQUE,
        display_name TEXT NOT NULL,
        role TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        version BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL
      )`.execute(db);
      await sql`CREATE INDEX users_in_order ON users (created_at, id)`.execute(db);
      await sql`CREATE INDEX users_by_role ON users (role)`.execute(db);
      await sql`CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        handle_hash TEXT NOT NULL UNIQUE,
        token_hash TEXT NOT NULL,
        previous_hash TEXT,
        successor TEXT,
        created_at BIGINT NOT NULL,
        rotated_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        user_agent TEXT,
        address TEXT
      )`.execute(db);
      await sql`CREATE INDEX sessions_by_user ON sessions (user_id, rotated_at)`.execute(db);
      await sql`CREATE INDEX sessions_by_end ON sessions (expires_at)`.execute(db);
      await sql`CREATE TABLE signing_keys (
        generation BIGINT PRIMARY KEY,
        public_jwk TEXT NOT NULL,
        sealed_private TEXT NOT NULL,
        signs_from BIGINT NOT NULL
      )`.execute(db);
      await sql`CREATE TABLE idempotency (
        scope TEXT NOT NULL,
        key TEXT NOT NULL,
        user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        fingerprint TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        answer TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (scope, key)
      )`.execute(db);
      await sql`CREATE INDEX idempotency_by_user ON idempotency (user_id)`.execute(db);
      await sql`CREATE INDEX idempotency_by_age ON idempotency (created_at)`.execute(db);
      await createEventTables(db, kind);
    },
  },
});
