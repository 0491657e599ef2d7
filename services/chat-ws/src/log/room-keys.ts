import { ParleyError } from '@parley/common/runtime/errors';
import { type Kysely, sql } from 'kysely';
import type { RoomHead } from './room-log.ts';
import type { ChatTables } from './tables.ts';

/** A request to make a room that may come twice. `contentHash`: of what it asks for. */
export type KeyedCreation = { user: string; key: string; contentHash: string; maxAgeMs: number };

/** The room as it was made for this key. @throws ParleyError CONFLICT when the key was used for something else */
export async function recallRoom(
  trx: Kysely<ChatTables>,
  { user, key, contentHash, maxAgeMs }: KeyedCreation,
  now: number,
): Promise<RoomHead | undefined> {
  const found = await trx
    .selectFrom('room_keys')
    .selectAll()
    .where('user_id', '=', user)
    .where('key', '=', key)
    .where('at', '>=', now - maxAgeMs)
    .executeTakeFirst();
  if (!found) return undefined;
  if (found.content_hash === contentHash) return JSON.parse(found.answer) as RoomHead;
  throw new ParleyError('CONFLICT', 'This Idempotency-Key was used with another body.', {
    details: [{ path: 'Idempotency-Key', message: 'was used with another body' }],
  });
}

export async function rememberRoom(
  trx: Kysely<ChatTables>,
  { user, key, contentHash }: KeyedCreation,
  { head, at }: { head: RoomHead; at: number },
): Promise<void> {
  await trx.deleteFrom('room_keys').where('user_id', '=', user).where('key', '=', key).execute();
  const answer = JSON.stringify(head);
  await trx.insertInto('room_keys').values({ user_id: user, key, content_hash: contentHash, answer, at }).execute();
}

/** Forgets at most `limit` keys that are older; gives how many. */
export async function pruneRoomKeys(trx: Kysely<ChatTables>, before: number, limit: number): Promise<number> {
  const old = sql`SELECT user_id, key FROM room_keys WHERE at < ${before} ORDER BY at LIMIT ${limit}`;
  const deleted = await sql`DELETE FROM room_keys WHERE (user_id, key) IN (${old})`.execute(trx);
  return Number(deleted.numAffectedRows ?? 0);
}
