import { createClosers } from '@parley/common/runtime/closers';
import { type Database, openDatabase } from '@parley/common/runtime/database';
import { silentLogger } from '@parley/common/runtime/logger';
import type { TestDatabase } from '@parley/common/runtime/test-databases';
import { sql } from 'kysely';
import { expect, onTestFinished, vi } from 'vitest';
import { chatMigrations } from '../../src/log/migrations.ts';
import { openRoomLog, type RoomLogOptions } from '../../src/log/open-room-log.ts';
import type { Appended, AppendResult, Change, Post, RoomCreation, RoomLog, Write } from '../../src/log/room-log.ts';
import type { ChatTables } from '../../src/log/tables.ts';

export const ada = { id: 'u_ada', name: 'ada' };
export const bob = { id: 'u_bob', name: 'bob' };

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export const creation: RoomCreation = {
  by: { ...ada, guest: false },
  visibility: 'public',
  limits: { total: 1_000, perUser: 1_000 },
};

export const defaults = {
  retention: {
    maxEntries: 100_000,
    maxAgeMs: 30 * DAY,
    eventMaxAgeMs: 3 * DAY,
    keyMaxAgeMs: DAY,
    guestMaxAgeMs: 30 * DAY,
  },
  sweepMs: HOUR,
  statementTimeoutMs: 10_000,
  settleMs: 5_000,
};

export type TestLog = { log: ReturnType<typeof openRoomLog>; database: Database<ChatTables>; close(): Promise<void> };

/** A room log on a test's database; closed at the end of the test, if the test has not done so. */
export async function openTestLog(where: TestDatabase, options: Partial<RoomLogOptions> = {}): Promise<TestLog> {
  const closers = createClosers();
  const { dataDir, databaseUrl } = where;
  const database = await openDatabase<ChatTables>({
    service: 'chat',
    databaseUrl,
    dataDir,
    migrations: chatMigrations,
    closers,
    log: silentLogger(),
  });
  const log = openRoomLog({ ...defaults, database, log: silentLogger(), ...options });
  closers.push('room log', log.close);
  onTestFinished(() => closers.close());
  return { log, database, close: () => closers.close() };
}

/** Everything appended is in the feed: on PostgreSQL the open transactions of other tests hold it back. */
export async function allInFeed({ database: { db, kind } }: TestLog): Promise<void> {
  if (kind === 'sqlite') return;
  const hidden = sql`SELECT 1 FROM events WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())`;
  await vi.waitFor(async () => expect((await hidden.execute(db)).rows).toEqual([]), 10_000);
}

export function post(room: string, text: string, more: Partial<Post> = {}): Post {
  return { room, from: ada, text, at: Date.now(), ...more };
}

/** A change of ada's. `text` null: a deletion. */
export function change(room: string, of: number, text: string | null, more: Partial<Change> = {}): Change {
  return { room, from: ada, of, text, any: false, at: Date.now(), ...more };
}

/** Appends one post or change and expects a place for it. */
export async function append(log: RoomLog, one: Write): Promise<Appended> {
  const [result] = await log.append([one]);
  return placed(result);
}

export function placed(result: AppendResult | undefined): Appended {
  if (result === undefined || result instanceof Error) throw result ?? new Error('no result');
  return result;
}

export async function texts(log: RoomLog, room: string): Promise<(string | undefined)[]> {
  const { entries } = await log.read(room, 1, 1_000);
  return entries.map((entry) => entry.text);
}
