import { eventIdOf } from '@parley/common/contracts/events/event-id';
import type pg from 'pg';
import {
  type BatchPlan,
  finishBatch,
  type KnownRoom,
  planBatch,
  roomOf,
  runsOf,
  type UsedKey,
} from './postgres-batch.ts';
import { writeChange } from './postgres-change.ts';
import { ROOM_LOCKS, roomLock } from './room-lock.ts';
import type { AppendResult, Post, Write } from './room-log.ts';

/** A batch that has been written and waits for its COMMIT. `xid`: undefined when there was nothing to write. */
export type Written = { results: AppendResult[]; xid: string | undefined };

/**
 * Everything of an append but its COMMIT, on a connection of its own. The rooms are locked before anything is read or written,
 * always in the same order: several nodes never wait for each other in a circle, keys are looked up when nobody else can use
 * them, and the transactions that write to a room have their numbers in the order of the room's seq (see event-feed.ts). Posts that
 * follow each other are written together; a change in between finds what was written before it, as does what comes after it.
 */
export async function writeBatch(
  client: pg.ClientBase,
  batch: readonly Write[],
  keyMaxAgeMs: number,
): Promise<Written> {
  await client.query(beginLocked(new Set(batch.map(({ room }) => room))));
  const rooms = await findRooms(client, batch);
  const all: Written = { results: [], xid: undefined };
  for (const run of runsOf(batch)) {
    const written = Array.isArray(run)
      ? await writePosts(client, run, { rooms, keyMaxAgeMs })
      : await writeChange(client, run, { room: roomOf(run, rooms), keyMaxAgeMs });
    all.results = all.results.length === 0 ? written.results : all.results.concat(written.results);
    all.xid ??= written.xid;
  }
  return all;
}

async function writePosts(
  client: pg.ClientBase,
  posts: readonly Post[],
  { rooms, keyMaxAgeMs }: { rooms: ReadonlyMap<string, KnownRoom>; keyMaxAgeMs: number },
): Promise<Written> {
  const used = await findKeys(client, posts, rooms, keyMaxAgeMs);
  const plan = planBatch(posts, rooms, used);
  if (plan.rows.length === 0) return { results: finishBatch(posts, plan, new Map()), xid: undefined };
  const { rows } = await client.query<{ id: number; base: number; xid: string }>(INSERT, insertValues(posts, plan));
  const bases = new Map(rows.map(({ id, base }) => [id, base]));
  return { results: finishBatch(posts, plan, bases), xid: rows[0]?.xid };
}

/** One round trip. Numbers of our own making, so no parameters are needed (several statements in one take none). */
function beginLocked(rooms: ReadonlySet<string>): string {
  const locks = new Set([...rooms].map(roomLock));
  const inOrder = [...locks].sort((a, b) => a - b);
  return ['BEGIN', ...inOrder.map((lock) => `SELECT pg_advisory_xact_lock(${ROOM_LOCKS}, ${lock})`)].join('; ');
}

async function findRooms(client: pg.ClientBase, batch: readonly Write[]): Promise<Map<string, KnownRoom>> {
  const names = [...new Set(batch.map(({ room }) => room))];
  const { rows } = await client.query<KnownRoom>(
    'SELECT id, name, epoch FROM rooms WHERE name = ANY ($1::text[]) AND deleted_at IS NULL',
    [names],
  );
  return new Map(rows.map((room) => [room.name, room]));
}

// LIMIT keeps this a look-up in the index per key, whatever the planner believes about the size of the table.
const FIND_KEYS = `SELECT wanted.index, used.seq, used.content_hash, used.at
  FROM unnest($1::int[], $2::int[], $3::text[], $4::text[], $5::bigint[]) AS wanted (index, room_id, sender_id, key, since)
  CROSS JOIN LATERAL (
    SELECT seq, content_hash, at FROM post_keys p
    WHERE p.room_id = wanted.room_id AND p.sender_id = wanted.sender_id AND p.key = wanted.key AND p.at >= wanted.since
    LIMIT 1) AS used`;

async function findKeys(
  client: pg.ClientBase,
  posts: readonly Post[],
  rooms: ReadonlyMap<string, KnownRoom>,
  keyMaxAgeMs: number,
): Promise<Map<number, UsedKey>> {
  const columns: [number[], number[], string[], string[], number[]] = [[], [], [], [], []];
  const [indexes, roomIds, senders, keys, since] = columns;
  for (const [index, post] of posts.entries()) {
    const room = roomOf(post, rooms);
    if (!room || post.key === undefined) continue;
    indexes.push(index);
    roomIds.push(room.id);
    senders.push(post.from.id);
    keys.push(post.key);
    since.push(post.at - keyMaxAgeMs);
  }
  if (indexes.length === 0) return new Map();
  const { rows } = await client.query<UsedKey & { index: number }>(FIND_KEYS, columns);
  return new Map(rows.map(({ index, ...used }) => [index, used]));
}

// A key that is found again after its time has not been pruned yet: its row starts a new life, at the new end of the table.
const INSERT = `WITH heads AS (
    UPDATE rooms SET head = rooms.head + more.count
    FROM unnest($1::int[], $2::bigint[]) AS more (room_id, count)
    WHERE rooms.id = more.room_id
    RETURNING rooms.id, rooms.head - more.count AS base),
  posts AS (
    SELECT p.*, heads.base + p.place AS seq
    FROM unnest($3::int[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
      $11::text[], $12::text[]) WITH ORDINALITY
      AS p (room_id, place, at, sender_id, sender_name, text, data, key, content_hash, event_prefix, turn)
    JOIN heads ON heads.id = p.room_id),
  new_messages AS (
    INSERT INTO messages (room_id, seq, at, sender_id, sender_name, text, data)
    SELECT room_id, seq, at, sender_id, sender_name, text, data FROM posts),
  new_keys AS (
    INSERT INTO post_keys (room_id, sender_id, key, seq, content_hash, at)
    SELECT room_id, sender_id, key, seq, content_hash, at FROM posts WHERE key IS NOT NULL ORDER BY turn
    ON CONFLICT (room_id, sender_id, key) DO UPDATE
    SET id = excluded.id, seq = excluded.seq, content_hash = excluded.content_hash, at = excluded.at),
  new_events AS (
    INSERT INTO events (event_id, type, at, ref_id, ref_seq)
    SELECT event_prefix || seq, 'message.posted', at, room_id, seq FROM posts ORDER BY turn)
  SELECT id, base, pg_current_xact_id()::text AS xid FROM heads`;

function insertValues(posts: readonly Post[], { rows, counts }: BatchPlan): unknown[] {
  const post = ({ index }: { index: number }) => posts[index];
  return [
    [...counts.keys()].map(({ id }) => id),
    [...counts.values()],
    rows.map(({ room }) => room.id),
    rows.map(({ place }) => place),
    rows.map((row) => post(row)?.at),
    rows.map((row) => post(row)?.from.id),
    rows.map((row) => post(row)?.from.name),
    rows.map(({ text }) => text),
    rows.map(({ data }) => data),
    rows.map(({ key }) => key),
    rows.map(({ contentHash }) => contentHash),
    rows.map(({ room }) => `${eventIdOf('message.posted', room.name, room.epoch)}:`),
  ];
}
