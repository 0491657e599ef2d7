import { eventIdOf } from '@parley/common/contracts/events/event-id';
import type { EventFeed } from '@parley/common/runtime/event-feed';
import type { Kysely } from 'kysely';
import type { Settings } from './room-directory.ts';
import type { RoomHead, Sender } from './room-log.ts';
import { toHead } from './rooms.ts';
import type { ChatTables, StoredRoom } from './tables.ts';

/** Takes over what is given; what is as it was changes no version. */
export async function changeRoom(
  trx: Kysely<ChatTables>,
  room: StoredRoom,
  { visibility = room.visibility, topic = room.topic }: Settings,
): Promise<RoomHead> {
  if (visibility === room.visibility && topic === room.topic) return toHead(room);
  const changed = { visibility, topic, version: room.version + 1 };
  await trx.updateTable('rooms').set(changed).where('id', '=', room.id).execute();
  return toHead({ ...room, ...changed });
}

/**
 * Nobody sees the room from now on. Its messages leave the disk with their events, by retention, and then its marks; memberships are of no
 * use any more.
 */
export async function deleteRoom(
  trx: Kysely<ChatTables>,
  feed: EventFeed,
  { room, by, at }: { room: StoredRoom; by: Sender; at: number },
): Promise<void> {
  const { id, name, epoch, head } = room;
  await trx
    .updateTable('rooms')
    .set({ deleted_at: at, oldest: head + 1 })
    .where('id', '=', id)
    .execute();
  await trx.deleteFrom('members').where('room_id', '=', id).execute();
  const data = { room: name, epoch, by: { id: by.id, name: by.name } };
  await feed.append(trx, { id: eventIdOf('room.deleted', name, epoch), type: 'room.deleted', at, data });
}
