import { randomBytes } from 'node:crypto';
import { type Generated, type Kysely, sql } from 'kysely';
import type { DatabaseKind } from './database.ts';

/** A row of the one event table. `data`: JSON, or null where the event refers to a row of the service's own. */
export type EventRow = {
  id: Generated<number>;
  event_id: string;
  type: string;
  /** Milliseconds since 1970. */
  at: number;
  data: string | null;
  /** What an event without data refers to: a message's room id and seq. */
  ref_id: number | null;
  ref_seq: number | null;
};

/** One row: the feed's own epoch, and the place up to which events have been deleted. */
export type FeedStateRow = { epoch: string; pruned_xid: string; pruned_id: number };

export type EventTables = { events: EventRow; feed_state: FeedStateRow };

/**
 * The part of a migration that makes the event table. AUTOINCREMENT: a cursor's id must never be used again.
 * `xid`, on PostgreSQL only, is the transaction that wrote the row: see event-feed.ts.
 */
export async function createEventTables<Tables>(db: Kysely<Tables>, kind: DatabaseKind): Promise<void> {
  const columns = sql`event_id TEXT NOT NULL, type TEXT NOT NULL, at BIGINT NOT NULL, data TEXT, ref_id BIGINT, ref_seq BIGINT`;
  if (kind === 'sqlite') {
    await sql`CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, ${columns})`.execute(db);
  } else {
    await sql`CREATE TABLE events (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      xid xid8 NOT NULL DEFAULT pg_current_xact_id(), ${columns})`.execute(db);
    await sql`CREATE INDEX events_in_order ON events (xid, id)`.execute(db);
  }
  await sql`CREATE TABLE feed_state (epoch TEXT NOT NULL, pruned_xid TEXT NOT NULL, pruned_id BIGINT NOT NULL)`.execute(
    db,
  );
  await sql`INSERT INTO feed_state VALUES (${randomBytes(6).toString('hex')}, '0', 0)`.execute(db);
}
