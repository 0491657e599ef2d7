import type { Kysely } from 'kysely';
import type { Viewer } from './room-directory.ts';
import type { RoomHead } from './room-log.ts';
import type { ChatTables, StoredRoom } from './tables.ts';

/** The room of this name that has not been deleted. */
export async function findRoom(db: Kysely<ChatTables>, name: string): Promise<StoredRoom | undefined> {
  return db.selectFrom('rooms').selectAll().where('name', '=', name).where('deleted_at', 'is', null).executeTakeFirst();
}

export function toHead(row: StoredRoom): RoomHead {
  return {
    room: row.name,
    epoch: row.epoch,
    head: row.head,
    oldest: row.oldest,
    visibility: row.visibility,
    createdBy: { id: row.created_by, name: row.created_by_name },
    createdAt: row.created_at,
    topic: row.topic,
    version: row.version,
  };
}

/** Public rooms by name, and the others that the viewer is a member of; admins see the private ones too. */
export async function listRooms(
  db: Kysely<ChatTables>,
  { page, perPage, viewer }: { page: number; perPage: number; viewer: Viewer | undefined },
): Promise<{ items: RoomHead[]; total: number }> {
  const seen = db
    .selectFrom('rooms')
    .where('deleted_at', 'is', null)
    .where((eb) => {
      const isPublic = eb('visibility', '=', 'public');
      if (viewer === undefined) return isPublic;
      const own = eb
        .selectFrom('members')
        .select('room_id')
        .where('user_id', '=', viewer.id)
        .where('role', '<>', 'banned');
      return eb.or([isPublic, eb('id', 'in', own), ...(viewer.admin ? [eb('visibility', '=', 'private')] : [])]);
    });
  const { total } = await seen.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await seen
    .selectAll()
    .orderBy('name')
    .limit(perPage)
    .offset((page - 1) * perPage)
    .execute();
  return { items: rows.map(toHead), total };
}
