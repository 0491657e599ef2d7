import { eventIdOf } from '@parley/common/contracts/events/event-id';
import type { MemberRole } from '@parley/common/contracts/room';
import { guestIdPrefix } from '@parley/common/contracts/username';
import type { DatabaseKind } from '@parley/common/runtime/database';
import { ParleyError } from '@parley/common/runtime/errors';
import type { EventFeed } from '@parley/common/runtime/event-feed';
import { type Kysely, sql } from 'kysely';
import { checkNotRevoked } from './revoked-users.ts';
import type { Member, MembershipState, MembersQuery } from './room-directory.ts';
import type { Sender } from './room-log.ts';
import { toHead } from './rooms.ts';
import type { ChatTables, MemberRow, StoredRoom } from './tables.ts';

type Trx = Kysely<ChatTables>;
type LeftReason = 'left' | 'removed' | 'banned';

export async function findRole(db: Trx, room: number, user: string): Promise<MemberRole | undefined> {
  const { rows } = await sql<Pick<MemberRow, 'role'>>`SELECT role FROM members
    WHERE room_id = ${room} AND user_id = ${user}`.execute(db);
  return rows[0]?.role;
}

export async function findMember(db: Trx, room: string, user: string): Promise<Member | undefined> {
  const row = await db
    .selectFrom('members as m')
    .innerJoin('rooms as r', 'r.id', 'm.room_id')
    .selectAll('m')
    .where('r.name', '=', room)
    .where('r.deleted_at', 'is', null)
    .where('m.user_id', '=', user)
    .executeTakeFirst();
  return row && toMember(row);
}

/** Members of a room by name. */
export async function listMembers(
  db: Trx,
  room: StoredRoom,
  { role, withBanned, page, perPage }: MembersQuery,
): Promise<{ items: Member[]; total: number }> {
  let wanted = db.selectFrom('members').where('room_id', '=', room.id);
  if (role !== undefined) wanted = wanted.where('role', '=', role);
  if (!withBanned) wanted = wanted.where('role', '<>', 'banned');
  const { total } = await wanted.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await wanted
    .selectAll()
    .orderBy('user_name')
    .orderBy('user_id')
    .limit(perPage)
    .offset((page - 1) * perPage)
    .execute();
  return { items: rows.map(toMember), total };
}

/** What the decision about a change of a membership goes by. */
export async function membershipState(
  trx: Trx,
  room: StoredRoom,
  { actor, user }: { actor: string; user: string },
): Promise<MembershipState> {
  const { count: owners } = await trx
    .selectFrom('members')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('room_id', '=', room.id)
    .where('role', '=', 'owner')
    .executeTakeFirstOrThrow();
  const [actorRole, role] = [await findRole(trx, room.id, actor), await findRole(trx, room.id, user)];
  return { head: toHead(room), actorRole, role, owners };
}

/**
 * `limit`: of members and, apart from them, of those who are banned: a full room can still ban.
 * @throws ParleyError LIMIT_REACHED; NOT_FOUND when the user has no membership, and has been deleted or no name is known for a new one
 */
export async function storeMember(
  trx: Trx,
  room: StoredRoom,
  {
    kind,
    user: { id, name },
    role,
    at,
    limit,
  }: {
    kind: DatabaseKind;
    user: { id: string; name?: string | undefined };
    role: MemberRole;
    at: number;
    limit: number;
  },
): Promise<Member> {
  const before = await findRole(trx, room.id, id);
  if (before === undefined || (before === 'banned') !== (role === 'banned'))
    await checkRoomFor(trx, room, { role, limit });
  const updated = await trx
    .updateTable('members')
    .set({ role })
    .where('room_id', '=', room.id)
    .where('user_id', '=', id)
    .returningAll()
    .executeTakeFirst();
  if (updated) return toMember(updated);
  if (name === undefined) throw new ParleyError('NOT_FOUND', 'There is no such member.');
  await checkNotRevoked(trx, kind, id);
  await trx.insertInto('members').values({ room_id: room.id, user_id: id, user_name: name, role, at }).execute();
  return { id, name, role, at };
}

async function checkRoomFor(
  trx: Trx,
  room: StoredRoom,
  { role, limit }: { role: MemberRole; limit: number },
): Promise<void> {
  const { count } = await trx
    .selectFrom('members')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('room_id', '=', room.id)
    .where('role', role === 'banned' ? '=' : '<>', 'banned')
    .executeTakeFirstOrThrow();
  if (count < limit) return;
  const what = role === 'banned' ? 'has banned as many as it may' : 'has as many members as it may';
  throw new ParleyError('LIMIT_REACHED', `The room ${what}.`);
}

/** Lifts at most `limit` bans of guests that are older than any guest can be; gives how many. */
export async function liftGuestBans(trx: Trx, before: number, limit: number): Promise<number> {
  // The range of the ids that begin so, which is found by its index.
  const [first, end] = [guestIdPrefix, `${guestIdPrefix.slice(0, -1)}\u0060`];
  const old = sql`SELECT room_id, user_id FROM members
    WHERE user_id >= ${first} AND user_id < ${end} AND at < ${before} LIMIT ${limit}`;
  const lifted = await sql`DELETE FROM members WHERE (room_id, user_id) IN (${old})`.execute(trx);
  return Number(lifted.numAffectedRows ?? 0);
}

export async function dropMember(trx: Trx, room: StoredRoom, user: string): Promise<Member | undefined> {
  const row = await trx
    .deleteFrom('members')
    .where('room_id', '=', room.id)
    .where('user_id', '=', user)
    .returningAll()
    .executeTakeFirst();
  return row && toMember(row);
}

/** Counts a change of who is a member of a room, or as what: so other nodes see that there was one. */
export async function countChange(trx: Trx, room: StoredRoom): Promise<number> {
  const { changes } = await trx
    .updateTable('rooms')
    .set((eb) => ({ changes: eb('changes', '+', 1) }))
    .where('id', '=', room.id)
    .returning('changes')
    .executeTakeFirstOrThrow();
  return changes;
}

/** Of a room without an owner, the longest-serving moderator becomes one, or else the member of longest standing, if there is any. */
export async function appointHeir(trx: Trx, room: StoredRoom): Promise<Member | undefined> {
  const members = trx.selectFrom('members').where('room_id', '=', room.id);
  const owner = await members.select('user_id').where('role', '=', 'owner').executeTakeFirst();
  if (owner !== undefined) return undefined;
  const next = await members
    .select('user_id')
    .where('role', 'in', ['moderator', 'member'])
    .orderBy((eb) => eb.case().when('role', '=', 'moderator').then(0).else(1).end())
    .orderBy('at')
    .orderBy('user_id')
    .limit(1)
    .executeTakeFirst();
  if (next === undefined) return undefined;
  const heir = await trx
    .updateTable('members')
    .set({ role: 'owner' })
    .where('room_id', '=', room.id)
    .where('user_id', '=', next.user_id)
    .returningAll()
    .executeTakeFirst();
  return heir && toMember(heir);
}

/** The event of a membership that has begun or ended; its id counts the changes of the room's membership. */
export async function membershipEvent(
  trx: Trx,
  feed: EventFeed,
  {
    room,
    user,
    at,
    ...what
  }: { room: StoredRoom; user: Sender; at: number } & ({ role: MemberRole } | { reason: LeftReason }),
): Promise<void> {
  const changes = await countChange(trx, room);
  const about = { room: room.name, user: { id: user.id, name: user.name } };
  const idOf = (type: string) => eventIdOf(type, room.name, room.epoch, changes);
  if ('role' in what) {
    const data = { ...about, role: what.role };
    await feed.append(trx, { id: idOf('member.joined'), type: 'member.joined', at, data });
  } else {
    const data = { ...about, reason: what.reason };
    await feed.append(trx, { id: idOf('member.left'), type: 'member.left', at, data });
  }
}

function toMember({ user_id: id, user_name: name, role, at }: MemberRow): Member {
  return { id, name, role, at };
}
