import type { MemberRole, Visibility } from '@parley/common/contracts/room';
import type { DatabaseKind } from '@parley/common/runtime/database';
import { ParleyError } from '@parley/common/runtime/errors';
import type { EventFeed } from '@parley/common/runtime/event-feed';
import type { Kysely } from 'kysely';
import { changeRoom, deleteRoom } from './change-room.ts';
import { createRoom } from './create-room.ts';
import { noSuchRoom } from './log-reader.ts';
import {
  appointHeir,
  countChange,
  dropMember,
  findMember,
  findRole,
  listMembers,
  membershipEvent,
  membershipState,
  storeMember,
} from './members.ts';
import { type KeyedCreation, recallRoom, rememberRoom } from './room-keys.ts';
import { lockRoom } from './room-lock.ts';
import type { RoomAccess, RoomCreation, RoomHead, Sender } from './room-log.ts';
import { findRoom, toHead } from './rooms.ts';
import type { ChatTables, StoredRoom } from './tables.ts';

/** Who looks at the list of rooms. */
export type Viewer = { id: string; admin: boolean };

export type Member = Sender & { role: MemberRole; at: number };

/** `page` starts at 1. */
export type MembersQuery = { role?: MemberRole | undefined; withBanned: boolean; page: number; perPage: number };

/** What a change of a membership is decided by: what the actor is, what the user is, and how many owners there are. */
export type MembershipState = {
  head: RoomHead;
  actorRole: MemberRole | undefined;
  role: MemberRole | undefined;
  owners: number;
};

/** `decide` is asked inside the transaction, with what is stored then; what it throws leaves everything as it was. */
export type Change<State> = { by: Sender; decide: (state: State) => void };

export type MembershipWish = Change<MembershipState> & {
  /** `name`: needed for who has no membership yet. */
  user: { id: string; name?: string | undefined };
  /** Undefined: the membership ends. */
  role: MemberRole | undefined;
  /** Members that a room may have. */
  limit: number;
};

export type Settings = { visibility?: Visibility | undefined; topic?: string | undefined };

/** Rooms and their members as they are stored. Every method may throw UNAVAILABLE, and NOT_FOUND when there is no such room. */
export interface RoomDirectory {
  /**
   * Makes a room with its members and events. `isNew`: false for a direct room that was there. @throws ParleyError CONFLICT (the name is
   * taken, or the key was used for something else), LIMIT_REACHED
   */
  create(name: string, creation: RoomCreation, keyed?: KeyedCreation): Promise<{ head: RoomHead; isNew: boolean }>;
  change(name: string, settings: Settings, change: Change<RoomAccess>): Promise<RoomHead>;
  delete(name: string, change: Change<RoomAccess>): Promise<RoomHead>;
  member(name: string, user: string): Promise<Member | undefined>;
  /** Members by name. `epoch`: of the room that they are members of. */
  members(name: string, query: MembersQuery): Promise<{ epoch: string; items: Member[]; total: number }>;
  /** Gives a user a role, or ends its membership. `before`: what it was. @throws ParleyError LIMIT_REACHED */
  setMember(
    name: string,
    wish: MembershipWish,
  ): Promise<{ member: Member | undefined; before: MemberRole | undefined }>;
  /**
   * Ends every membership of a user who is no more; gives the rooms. `heir`: who owns a room now that would have lost its last owner; there
   * is none when nobody is left.
   */
  forgetUser(user: string): Promise<{ room: string; heir: Member | undefined }[]>;
}

export type RoomDirectoryOptions = {
  db: Kysely<ChatTables>;
  kind: DatabaseKind;
  feed: EventFeed;
  /** One transaction, when no batch is being appended. */
  write<T>(change: (trx: Kysely<ChatTables>) => Promise<T>): Promise<T>;
};

export function createRoomDirectory({ db, kind, feed, write }: RoomDirectoryOptions): RoomDirectory {
  async function told<T>(change: (trx: Kysely<ChatTables>) => Promise<T>): Promise<T> {
    const result = await write(change);
    feed.notify();
    return result;
  }

  /** A transaction that changes one room. */
  function onRoom<T>(name: string, change: (trx: Kysely<ChatTables>, room: StoredRoom) => Promise<T>): Promise<T> {
    return told(async (trx) => {
      await lockRoom(trx, kind, name);
      const room = await findRoom(trx, name);
      if (!room) throw noSuchRoom();
      return change(trx, room);
    });
  }

  /** Ends a user's membership of one room, if both are still there; gives who owns the room for it. */
  async function forgetIn(trx: Kysely<ChatTables>, name: string, user: string): Promise<Member | undefined> {
    await lockRoom(trx, kind, name);
    const room = await findRoom(trx, name);
    if (room === undefined) return undefined;
    const gone = await dropMember(trx, room, user);
    if (gone === undefined || gone.role === 'banned') return undefined;
    await membershipEvent(trx, feed, { room, user: gone, at: Date.now(), reason: 'removed' });
    return gone.role === 'owner' ? appointHeir(trx, room) : undefined;
  }

  async function accessOf(trx: Kysely<ChatTables>, room: StoredRoom, { id }: Sender): Promise<RoomAccess> {
    return { head: toHead(room), role: await findRole(trx, room.id, id) };
  }

  return {
    create: (name, creation, keyed) =>
      told(async (trx) => {
        const at = Date.now();
        const made = await createRoom(trx, {
          name,
          create: creation,
          feed,
          kind,
          at,
          recall: keyed && (() => recallRoom(trx, keyed, at)),
        });
        if (made === undefined) {
          const there = await findRoom(trx, name);
          if (creation.visibility === 'direct' && there?.visibility === 'direct')
            return { head: toHead(there), isNew: false };
          throw new ParleyError('CONFLICT', 'There is a room of this name.', {
            details: [{ path: 'name', message: 'is taken' }],
          });
        }
        if (keyed && made.isNew) await rememberRoom(trx, keyed, { head: made.head, at });
        return { head: made.head, isNew: true };
      }),
    change: (name, settings, { by, decide }) =>
      onRoom(name, async (trx, room) => {
        decide(await accessOf(trx, room, by));
        return changeRoom(trx, room, settings);
      }),
    delete: (name, { by, decide }) =>
      onRoom(name, async (trx, room) => {
        decide(await accessOf(trx, room, by));
        await deleteRoom(trx, feed, { room, by, at: Date.now() });
        return toHead(room);
      }),
    member: (name, user) => findMember(db, name, user),
    async members(name, query) {
      const room = await findRoom(db, name);
      if (!room) throw noSuchRoom();
      return { epoch: room.epoch, ...(await listMembers(db, room, query)) };
    },
    setMember: (name, { user, role, limit, by, decide }) =>
      onRoom(name, async (trx, room) => {
        const state = await membershipState(trx, room, { actor: by.id, user: user.id });
        decide(state);
        const before = state.role;
        const at = Date.now();
        if (role === undefined) {
          const gone = await dropMember(trx, room, user.id);
          if (gone === undefined) throw new ParleyError('NOT_FOUND', 'There is no such member.');
          const reason = by.id === user.id ? 'left' : 'removed';
          if (before === 'banned') await countChange(trx, room);
          else await membershipEvent(trx, feed, { room, user: gone, at, reason });
          return { member: undefined, before };
        }
        const member = await storeMember(trx, room, { kind, user, role, at, limit });
        if (role === 'banned' && before !== 'banned')
          await membershipEvent(trx, feed, { room, user: member, at, reason: 'banned' });
        else if (role !== 'banned' && (before === undefined || before === 'banned'))
          await membershipEvent(trx, feed, { room, user: member, at, role });
        else await countChange(trx, room);
        return { member, before };
      }),
    async forgetUser(user) {
      const rooms = await db
        .selectFrom('members as m')
        .innerJoin('rooms as r', 'r.id', 'm.room_id')
        .select('r.name')
        .where('m.user_id', '=', user)
        .where('r.deleted_at', 'is', null)
        .execute();
      const left: { room: string; heir: Member | undefined }[] = [];
      for (const { name } of rooms) left.push({ room: name, heir: await told((trx) => forgetIn(trx, name, user)) });
      return left;
    },
  };
}
