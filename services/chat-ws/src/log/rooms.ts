import { randomInt } from 'node:crypto';
import { eventIdOf } from '@parley/common/contracts/events/event-id';
import type { DatabaseKind } from '@parley/common/runtime/database';
import { ParleyError } from '@parley/common/runtime/errors';
import type { EventFeed } from '@parley/common/runtime/event-feed';
import { type Kysely, sql } from 'kysely';
import type { RoomCreation, RoomHead } from './room-log.ts';
import type { ChatTables, StoredRoom } from './tables.ts';

const EPOCH_ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

/** One life of a room's log: 50 random bits, short enough to be typed. */
function createEpoch(): string {
  return Array.from({ length: 10 }, () => EPOCH_ALPHABET[randomInt(EPOCH_ALPHABET.length)]).join('');
}

export async function findRoom(db: Kysely<ChatTables>, name: string): Promise<StoredRoom | undefined> {
  return db.selectFrom('rooms').selectAll().where('name', '=', name).executeTakeFirst();
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
  };
}

/** Public rooms by name. */
export async function listRooms(
  db: Kysely<ChatTables>,
  page: number,
  perPage: number,
): Promise<{ items: RoomHead[]; total: number }> {
  const isPublic = db.selectFrom('rooms').where('visibility', '=', 'public');
  const { total } = await isPublic.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await isPublic
    .selectAll()
    .orderBy('name')
    .limit(perPage)
    .offset((page - 1) * perPage)
    .execute();
  return { items: rows.map(toHead), total };
}

/** Only one room is made at a time, or the limits could be passed by two at once. Any fixed number of our own does. */
const CREATION_LOCK = 0x6e657772;

/**
 * Makes the room and its event; false when somebody else was faster. Runs inside a transaction that does nothing else.
 * @throws ParleyError LIMIT_REACHED
 */
export async function createRoom(
  trx: Kysely<ChatTables>,
  {
    name,
    create,
    feed,
    kind,
    at,
  }: { name: string; create: RoomCreation; feed: EventFeed; kind: DatabaseKind; at: number },
): Promise<boolean> {
  if (kind === 'postgres') await sql`SELECT pg_advisory_xact_lock(${CREATION_LOCK}::bigint)`.execute(trx);
  if (await findRoom(trx, name)) return false;
  await checkLimits(trx, create);
  const { by, visibility } = create;
  const epoch = createEpoch();
  const row = { name, epoch, visibility, head: 0, oldest: 1, stored: 1, created_at: at };
  await trx
    .insertInto('rooms')
    .values({ ...row, created_by: by.id, created_by_name: by.name })
    .execute();
  const data = { room: name, epoch, visibility, by: { id: by.id, name: by.name } };
  await feed.append(trx, { id: eventIdOf('room.created', name, epoch), type: 'room.created', at, data });
  return true;
}

async function checkLimits(trx: Kysely<ChatTables>, { by, limits }: RoomCreation): Promise<void> {
  const rooms = trx.selectFrom('rooms').select((eb) => eb.fn.countAll<number>().as('count'));
  const all = await rooms.executeTakeFirstOrThrow();
  if (all.count >= limits.total) throw new ParleyError('LIMIT_REACHED', 'There are as many rooms as there may be.');
  const own = await rooms.where('created_by', '=', by.id).executeTakeFirstOrThrow();
  if (own.count >= limits.perUser) throw new ParleyError('LIMIT_REACHED', 'You have made as many rooms as you may.');
}
