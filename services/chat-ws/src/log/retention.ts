import type { DatabaseKind } from '@parley/common/runtime/database';
import type { EventFeed } from '@parley/common/runtime/event-feed';
import { type Kysely, sql } from 'kysely';
import { liftGuestBans } from './members.ts';
import { pruneRoomKeys } from './room-keys.ts';
import { lockRoom } from './room-lock.ts';
import { forgetSeenIn } from './seen.ts';
import type { ChatTables } from './tables.ts';

export type RetentionLimits = {
  /** Entries of a room that readers get: at most so many, and none older. */
  maxEntries: number;
  maxAgeMs: number;
  /** How long events are kept for who follows the feed; an entry stays on the disk while an event refers to it. */
  eventMaxAgeMs: number;
  /** How long a client's key is remembered. */
  keyMaxAgeMs: number;
  /** How long a guest can be back under the same id, and stays banned. */
  guestMaxAgeMs: number;
};

export type RetentionOptions = {
  limits: RetentionLimits;
  db: Kysely<ChatTables>;
  kind: DatabaseKind;
  /** One transaction, when no batch is being appended. */
  write<T>(change: (trx: Kysely<ChatTables>) => Promise<T>): Promise<T>;
  /** The same with a connection instead of a transaction. */
  exclusive<T>(task: (connection: Kysely<ChatTables>) => Promise<T>): Promise<T>;
  feed: EventFeed;
};

/** Rows looked at or deleted by one statement: what a post may have to wait for. */
const CHUNK = 500;

type Room = { id: number; name: string; head: number; oldest: number; stored: number; deleted_at: number | null };

/**
 * Forgets what is past its time, in chunks. An entry leaves in two steps: `oldest` moves past it, and readers no longer get it; it is
 * deleted when its event is past its own time too, so that no event is lost only because a room is busy. The row of a deleted room goes when
 * none of its entries is left.
 */
export function createRetention({ limits, db, kind, write, exclusive, feed }: RetentionOptions) {
  /** `now`: ms since 1970. Resolves when nothing is left to forget, or soon after `signal` aborts. */
  async function sweep(now: number, signal?: AbortSignal): Promise<void> {
    const pruneEvents = (connection: Kysely<ChatTables>) => feed.prune(now - limits.eventMaxAgeMs, CHUNK, connection);
    await repeat(signal, async () => (await exclusive(pruneEvents)) === CHUNK);
    await repeat(signal, async () => (await pruneKeys(now - limits.keyMaxAgeMs)) === CHUNK);
    const isFull = async () => (await write((trx) => pruneRoomKeys(trx, now - limits.keyMaxAgeMs, CHUNK))) === CHUNK;
    await repeat(signal, isFull);
    const isMore = async () => (await write((trx) => liftGuestBans(trx, now - limits.guestMaxAgeMs, CHUNK))) === CHUNK;
    await repeat(signal, isMore);
    const { last } = await db
      .selectFrom('rooms')
      .select((eb) => eb.fn.max('id').as('last'))
      .executeTakeFirstOrThrow();
    for (let after = 0; after < (last ?? 0) && !signal?.aborted; after += CHUNK) {
      for (const room of await overdueRooms(after, now)) await repeat(signal, () => trimRoom(room, now));
    }
  }

  /** Of the rooms with the next ids, those that have something to forget. */
  function overdueRooms(after: number, now: number): Promise<Room[]> {
    return db
      .selectFrom('rooms as r')
      .leftJoin('messages as first', (on) => on.onRef('first.room_id', '=', 'r.id').onRef('first.seq', '=', 'r.oldest'))
      .leftJoin('messages as kept', (on) => on.onRef('kept.room_id', '=', 'r.id').onRef('kept.seq', '=', 'r.stored'))
      .select(['r.id', 'r.name', 'r.head', 'r.oldest', 'r.stored', 'r.deleted_at'])
      .where('r.id', '>', after)
      .where('r.id', '<=', after + CHUNK)
      .where((eb) =>
        eb.or([
          eb(sql`r.head - r.oldest + 1`, '>', limits.maxEntries),
          eb('first.at', '<', now - limits.maxAgeMs),
          eb.and([eb('r.stored', '<', eb.ref('r.oldest')), eb('kept.at', '<', now - limits.eventMaxAgeMs)]),
          eb.and([eb('r.deleted_at', 'is not', null), eb('r.stored', '>', eb.ref('r.head'))]),
        ]),
      )
      .execute();
  }

  /** One step for one room; true when there may be more to do. */
  async function trimRoom(room: Room, now: number): Promise<boolean> {
    if (room.deleted_at !== null && room.stored > room.head) {
      if ((await write((trx) => forgetSeenIn(trx, room.id, CHUNK))) === CHUNK) return true;
      await write((trx) => trx.deleteFrom('rooms').where('id', '=', room.id).execute());
      return false;
    }
    const byCount = Math.max(room.oldest, room.head - limits.maxEntries + 1);
    const oldest = await firstSince(room, { from: byCount, since: now - limits.maxAgeMs });
    const deletable = await firstSince(room, { from: room.stored, since: now - limits.eventMaxAgeMs });
    const stored = Math.min(oldest, deletable);
    if (oldest === room.oldest && stored === room.stored) return false;
    await write(async (trx) => {
      // Else a change of what is deleted here, which has the room and wants the message, would wait for this in a circle.
      await lockRoom(trx, kind, room.name);
      await trx.deleteFrom('messages').where('room_id', '=', room.id).where('seq', '<', stored).execute();
      // Another node may have come further meanwhile; nothing moves back.
      const { id } = room;
      await trx.updateTable('rooms').set({ oldest }).where('id', '=', id).where('oldest', '<', oldest).execute();
      await trx.updateTable('rooms').set({ stored }).where('id', '=', id).where('stored', '<', stored).execute();
    });
    Object.assign(room, { oldest, stored });
    return true;
  }

  /** The first seq at or after `from` whose entry is not older than `since`; looks at one chunk only. */
  async function firstSince({ id, head }: Room, { from, since }: { from: number; since: number }): Promise<number> {
    const end = Math.min(from + CHUNK, head + 1);
    const fresh = await db
      .selectFrom('messages')
      .select('seq')
      .where('room_id', '=', id)
      .where('seq', '>=', from)
      .where('seq', '<', end)
      .where('at', '>=', since)
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst();
    return fresh?.seq ?? end;
  }

  async function pruneKeys(before: number): Promise<number> {
    // A row that is being used again, or forgotten by another node, is left to that.
    const ours = kind === 'postgres' ? sql`FOR UPDATE SKIP LOCKED` : sql``;
    const first = sql`SELECT id FROM post_keys ORDER BY id LIMIT ${CHUNK} ${ours}`;
    const deleted = await write((trx) =>
      sql`DELETE FROM post_keys WHERE id IN (${first}) AND at < ${before}`.execute(trx),
    );
    return Number(deleted.numAffectedRows ?? 0);
  }

  return { sweep };
}

async function repeat(signal: AbortSignal | undefined, step: () => Promise<boolean>): Promise<void> {
  while (!signal?.aborted && (await step()));
}
