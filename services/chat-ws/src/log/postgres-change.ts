import { eventIdOf } from '@parley/common/contracts/events/event-id';
import type pg from 'pg';
import { outcome, toResult } from './append-wire.ts';
import { type ChangeTarget, refusalOf } from './change-target.ts';
import { changeHash, isSameContent } from './content.ts';
import type { Written } from './postgres-append.ts';
import type { KnownRoom, UsedKey } from './postgres-batch.ts';
import type { AppendResult, Change } from './room-log.ts';

/** Makes one change in the transaction of its batch, which has locked the room. */
export async function writeChange(
  client: pg.ClientBase,
  change: Change,
  { room, keyMaxAgeMs }: { room: KnownRoom | undefined; keyMaxAgeMs: number },
): Promise<Written> {
  if (room === undefined) return { results: [toResult(outcome.noRoom, 0, 0, '')], xid: undefined };
  const refused = (await repetition(client, change, { room, keyMaxAgeMs })) ?? (await refusal(client, change, room));
  if (refused !== undefined) return { results: [refused], xid: undefined };
  const { rows } = await client.query<{ seq: number; xid: string }>(STORE, storeValues(change, room));
  const seq = rows[0]?.seq ?? Number.NaN;
  return { results: [toResult(outcome.appended, seq, change.at, room.epoch)], xid: rows[0]?.xid };
}

const FIND_KEY = `SELECT seq, content_hash, at FROM post_keys
  WHERE room_id = $1 AND sender_id = $2 AND key = $3 AND at >= $4`;

/** What is answered to a change whose key was used before. */
async function repetition(
  client: pg.ClientBase,
  { from, key, of, text, at }: Change,
  { room, keyMaxAgeMs }: { room: KnownRoom; keyMaxAgeMs: number },
): Promise<AppendResult | undefined> {
  if (key === undefined) return undefined;
  const { rows } = await client.query<UsedKey>(FIND_KEY, [room.id, from.id, key, at - keyMaxAgeMs]);
  const [first] = rows;
  if (first === undefined) return undefined;
  const what = isSameContent(first.content_hash, changeHash(of, text)) ? outcome.duplicate : outcome.conflict;
  return toResult(what, first.seq, first.at, room.epoch);
}

const FIND_TARGET = `SELECT sender_id, text, data, of_seq FROM messages JOIN rooms ON rooms.id = messages.room_id
  WHERE room_id = $1 AND seq = $2 AND seq >= rooms.oldest`;

async function refusal(
  client: pg.ClientBase,
  { from, of, any }: Change,
  room: KnownRoom,
): Promise<AppendResult | undefined> {
  const { rows } = await client.query<ChangeTarget>(FIND_TARGET, [room.id, of]);
  const why = refusalOf(rows[0], { senderId: from.id, any });
  return why === undefined ? undefined : toResult(why, 0, 0, room.epoch);
}

const STORE = `WITH head AS (
    UPDATE rooms SET head = head + 1 WHERE id = $1::int RETURNING head AS seq),
  amended AS (
    UPDATE messages SET text = $7::text, data = NULL WHERE room_id = $1::int AND seq = $2::bigint),
  overtaken AS (
    UPDATE messages SET text = NULL WHERE room_id = $1::int AND of_seq = $2::bigint AND text IS NOT NULL),
  entry AS (
    INSERT INTO messages (room_id, seq, at, sender_id, sender_name, text, of_seq)
    SELECT $1::int, seq, $3::bigint, $4::text, $5::text, $7::text, $2::bigint FROM head),
  new_key AS (
    INSERT INTO post_keys (room_id, sender_id, key, seq, content_hash, at)
    SELECT $1::int, $4::text, $6::text, seq, $8::text, $3::bigint FROM head WHERE $6::text IS NOT NULL
    ON CONFLICT (room_id, sender_id, key) DO UPDATE
    SET id = excluded.id, seq = excluded.seq, content_hash = excluded.content_hash, at = excluded.at),
  new_event AS (
    INSERT INTO events (event_id, type, at, ref_id, ref_seq)
    SELECT $9::text || seq, 'message.changed', $3::bigint, $1::int, seq FROM head)
  SELECT seq, pg_current_xact_id()::text AS xid FROM head`;

function storeValues({ from, key, of, text, at }: Change, { id, name, epoch }: KnownRoom): unknown[] {
  const eventPrefix = `${eventIdOf('message.changed', name, epoch)}:`;
  return [id, of, at, from.id, from.name, key ?? null, text, changeHash(of, text), eventPrefix];
}
