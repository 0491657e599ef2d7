import type { EventFeed } from '@parley/common/runtime/event-feed';
import { sql } from 'kysely';
import type { Trx, UsersDatabase } from '../tables.ts';

/** Names the lock among PostgreSQL's advisory locks: "user". */
const LOCK_CLASS = 0x75736572;

/** Runs a change of users in a transaction; then its events can be read. */
export type ChangeUsers = <T>(change: (trx: Trx) => Promise<T>) => Promise<T>;

/**
 * Changes of users take place one after the other, on every node: so "is the name free", "how many are there", "is there
 * an admin" are asked and used without anything in between, and events come in the order of the changes. SQLite has one
 * writer anyway; on PostgreSQL the lock is taken before the transaction gets its number, which orders the feed.
 */
export function createChangeUsers({ db, kind }: UsersDatabase, feed: EventFeed): ChangeUsers {
  return async (change) => {
    const result = await db.transaction().execute(async (trx) => {
      if (kind === 'postgres') await sql`SELECT pg_advisory_xact_lock(${sql.lit(LOCK_CLASS)}, 0)`.execute(trx);
      return change(trx);
    });
    feed.notify();
    return result;
  };
}
