import type { Visibility } from '@parley/common/contracts/room';
import type { Kysely, Selectable } from 'kysely';
import type { ChatTables, MemberRow } from '../log/tables.ts';

/** As much of a room as is compared with what is known here. `changes`: how often its membership has changed. */
export type RoomState = { id: number; epoch: string; head: number; visibility: Visibility; changes: number };

/** Those of the rooms that there are. */
export async function readRoomStates(
  db: Kysely<ChatTables>,
  names: readonly string[],
): Promise<Map<string, RoomState>> {
  const rows = await db
    .selectFrom('rooms')
    .select(['id', 'name', 'epoch', 'head', 'visibility', 'changes'])
    .where('name', 'in', names)
    .where('deleted_at', 'is', null)
    .execute();
  return new Map(rows.map(({ name, ...state }) => [name, state]));
}

export type RoleRow = Pick<Selectable<MemberRow>, 'room_id' | 'user_id' | 'role'>;

/** What the users are in the rooms, where they are anything. */
export async function readRoles(
  db: Kysely<ChatTables>,
  { rooms, users }: { rooms: readonly number[]; users: readonly string[] },
): Promise<RoleRow[]> {
  return db
    .selectFrom('members')
    .select(['room_id', 'user_id', 'role'])
    .where('room_id', 'in', rooms)
    .where('user_id', 'in', users)
    .execute();
}
