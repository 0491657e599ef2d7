import { randomInt } from 'node:crypto';
import { eventIdOf } from '@parley/common/contracts/events/event-id';
import type { MemberRole } from '@parley/common/contracts/room';
import type { DatabaseKind } from '@parley/common/runtime/database';
import { ParleyError } from '@parley/common/runtime/errors';
import type { EventFeed } from '@parley/common/runtime/event-feed';
import { type Kysely, sql } from 'kysely';
import { membershipEvent, storeMember } from './members.ts';
import type { RoomCreation, RoomHead, Sender } from './room-log.ts';
import { findRoom, toHead } from './rooms.ts';
import type { ChatTables, StoredRoom } from './tables.ts';

const EPOCH_ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

/** One life of a room's log: 50 random bits, short enough to be typed. */
function createEpoch(): string {
  return Array.from({ length: 10 }, () => EPOCH_ALPHABET[randomInt(EPOCH_ALPHABET.length)]).join('');
}

/** Only one room is made at a time, or the limits could be passed by two at once. Any fixed number of our own does. */
const CREATION_LOCK = 0x6e657772;

export type NewRoom = {
  name: string;
  create: RoomCreation;
  feed: EventFeed;
  kind: DatabaseKind;
  at: number;
  /** The room that the same request has made before, if it is a repeated one. */
  recall?: (() => Promise<RoomHead | undefined>) | undefined;
};

/**
 * Makes the room with its first members and their events; undefined when there is one of this name. Runs inside a transaction that does
 * nothing else before. @throws ParleyError LIMIT_REACHED, NOT_FOUND when one of the members has been deleted, and what `recall` throws
 */
export async function createRoom(
  trx: Kysely<ChatTables>,
  { name, create, feed, kind, at, recall }: NewRoom,
): Promise<{ head: RoomHead; isNew: boolean } | undefined> {
  if (kind === 'postgres') await sql`SELECT pg_advisory_xact_lock(${CREATION_LOCK}::bigint)`.execute(trx);
  const before = await recall?.();
  if (before !== undefined) return { head: before, isNew: false };
  if (await findRoom(trx, name)) return undefined;
  await checkLimits(trx, create);
  const { by, visibility, topic = '' } = create;
  const epoch = createEpoch();
  const row = { name, epoch, visibility, topic, head: 0, oldest: 1, stored: 1, created_at: at };
  const room = await trx
    .insertInto('rooms')
    .values({ ...row, created_by: by.id, created_by_name: by.name })
    .returningAll()
    .executeTakeFirstOrThrow();
  const data = { room: name, epoch, visibility, by: { id: by.id, name: by.name } };
  await feed.append(trx, { id: eventIdOf('room.created', name, epoch), type: 'room.created', at, data });
  for (const [user, role] of firstMembers(create)) await addMember(trx, { feed, kind, room, user, role, at });
  return { head: toHead(room), isNew: true };
}

/** Who has made the room owns it, unless it was a guest. The two of a direct room are equals. */
function firstMembers({ by, peer }: RoomCreation): [Sender, MemberRole][] {
  if (peer !== undefined)
    return [
      [by, 'member'],
      [peer, 'member'],
    ];
  return by.guest ? [] : [[by, 'owner']];
}

async function addMember(
  trx: Kysely<ChatTables>,
  {
    feed,
    kind,
    room,
    user,
    role,
    at,
  }: Pick<NewRoom, 'feed' | 'kind' | 'at'> & { room: StoredRoom; user: Sender; role: MemberRole },
): Promise<void> {
  await storeMember(trx, room, { kind, user, role, at, limit: Number.POSITIVE_INFINITY });
  await membershipEvent(trx, feed, { room, user, role, at });
}

async function checkLimits(trx: Kysely<ChatTables>, { by, limits }: RoomCreation): Promise<void> {
  const rooms = trx
    .selectFrom('rooms')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('deleted_at', 'is', null);
  const all = await rooms.executeTakeFirstOrThrow();
  if (all.count >= limits.total) throw new ParleyError('LIMIT_REACHED', 'There are as many rooms as there may be.');
  const own = await rooms.where('created_by', '=', by.id).executeTakeFirstOrThrow();
  if (own.count >= limits.perUser) throw new ParleyError('LIMIT_REACHED', 'You have made as many rooms as you may.');
}
