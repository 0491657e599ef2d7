import { type Kysely, sql } from 'kysely';
import type { SeenRow } from './room-log.ts';
import type { ChatTables } from './tables.ts';

/** How far a user has seen a room's log. `at`: ms since 1970. */
export type KeptMark = { room: string; epoch: string; user: { id: string; name: string }; seq: number; at: number };

/**
 * Keeps marks, each only if it is further than the one that is kept; one of a log that has been replaced since means nothing and is
 * dropped. Of a room and user there is one mark at most in `marks`.
 */
export async function storeSeen(trx: Kysely<ChatTables>, marks: readonly KeptMark[]): Promise<void> {
  const names = [...new Set(marks.map(({ room }) => room))];
  const rooms = await trx
    .selectFrom('rooms')
    .select(['id', 'name', 'epoch'])
    .where('name', 'in', names)
    .where('deleted_at', 'is', null)
    .execute();
  const ids = new Map(rooms.map(({ id, name, epoch }) => [`${name} ${epoch}`, id]));
  const rows = marks.flatMap(({ room, epoch, user, seq, at }) => {
    const room_id = ids.get(`${room} ${epoch}`);
    return room_id === undefined ? [] : [{ room_id, user_id: user.id, user_name: user.name, epoch, seq, at }];
  });
  if (rows.length === 0) return;
  // Always in the same order, so that two nodes do not wait for each other.
  rows.sort((a, b) => a.room_id - b.room_id || (a.user_id < b.user_id ? -1 : 1));
  await trx
    .insertInto('seen')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['room_id', 'user_id'])
        .doUpdateSet((eb) => ({
          user_name: eb.ref('excluded.user_name'),
          epoch: eb.ref('excluded.epoch'),
          seq: eb.ref('excluded.seq'),
          at: eb.ref('excluded.at'),
        }))
        .where((eb) =>
          eb.or([eb('seen.epoch', '!=', eb.ref('excluded.epoch')), eb('seen.seq', '<', eb.ref('excluded.seq'))]),
        ),
    )
    .execute();
}

/** The marks in one life of a room's log, in the order of the users' ids. */
export async function listSeen(
  db: Kysely<ChatTables>,
  { room, epoch }: { room: string; epoch: string },
  { page, perPage }: { page: number; perPage: number },
): Promise<{ items: SeenRow[]; total: number }> {
  const marks = db
    .selectFrom('rooms')
    .innerJoin('seen', (on) => on.onRef('seen.room_id', '=', 'rooms.id').onRef('seen.epoch', '=', 'rooms.epoch'))
    .where('rooms.name', '=', room)
    .where('rooms.deleted_at', 'is', null)
    .where('rooms.epoch', '=', epoch);
  const { total } = await marks.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await marks
    .select(['seen.user_id', 'seen.user_name', 'seen.seq', 'seen.at'])
    .orderBy('seen.user_id')
    .limit(perPage)
    .offset((page - 1) * perPage)
    .execute();
  return {
    items: rows.map(({ user_id: id, user_name: name, seq, at }) => ({ user: { id, name }, seq, at })),
    total,
  };
}

/** Erases the marks of users who are no more. */
export async function forgetSeen(trx: Kysely<ChatTables>, users: readonly string[]): Promise<void> {
  if (users.length > 0) await trx.deleteFrom('seen').where('user_id', 'in', users).execute();
}

/** Erases at most `limit` marks of a room that is no more; gives how many. */
export async function forgetSeenIn(trx: Kysely<ChatTables>, room: number, limit: number): Promise<number> {
  const some = sql`SELECT user_id FROM seen WHERE room_id = ${room} LIMIT ${limit}`;
  const deleted = await sql`DELETE FROM seen WHERE room_id = ${room} AND user_id IN (${some})`.execute(trx);
  return Number(deleted.numAffectedRows ?? 0);
}
