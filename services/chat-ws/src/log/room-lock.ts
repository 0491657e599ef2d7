import { createHash } from 'node:crypto';
import type { Database, DatabaseKind } from '@parley/common/runtime/database';
import { type Kysely, sql } from 'kysely';

/** The first of the two numbers of our advisory locks: 'room'. The second is a hash of the room's name. */
export const ROOM_LOCKS = 0x726f6f6d;

export function roomLock(name: string): number {
  return createHash('sha256').update(name).digest().readInt32BE();
}

/**
 * The first statement of a transaction that changes a room: it takes turns with those that append to it, so that nothing is appended
 * behind a deletion, and the room's events are in the feed in the order of the changes. On SQLite there is one writer anyway.
 */
export async function lockRoom<Tables>(trx: Kysely<Tables>, kind: DatabaseKind, name: string): Promise<void> {
  if (kind === 'postgres')
    await sql`SELECT pg_advisory_xact_lock(${ROOM_LOCKS}::int, ${roomLock(name)}::int)`.execute(trx);
}

/** Resolves when every transaction that had the room's lock has ended, though its COMMIT's answer was lost. On SQLite none is. */
export async function roomSettled<Tables>(
  { kind, db }: Pick<Database<Tables>, 'kind' | 'db'>,
  name: string,
): Promise<void> {
  if (kind === 'postgres') await db.transaction().execute((trx) => lockRoom(trx, kind, name));
}
