import { ParleyError } from '@parley/common/runtime/errors';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { rowToEntry } from './entries.ts';
import type { LogPage } from './room-log.ts';
import { findRoom } from './rooms.ts';
import type { ChatTables, MessageRow } from './tables.ts';

/** A page ends after the entry that takes it past this many characters: what a slow reader asks for must not fill the memory. */
const MAX_PAGE_CHARS = 1 << 20;

/** Entries from `from` on, in order. @throws ParleyError NOT_FOUND */
export async function readForward(db: Kysely<ChatTables>, room: string, from: number, limit: number): Promise<LogPage> {
  const { id, epoch, head, oldest } = await existingRoom(db, room);
  const range = { id, first: Math.max(from, oldest), last: head, limit };
  const rows = range.first > head ? [] : await page(db, range, sql`seq`);
  return { entries: rows.map(rowToEntry), epoch, head, oldest };
}

/** The last entries before `before`, in ascending order. @throws ParleyError NOT_FOUND */
export async function readBackward(
  db: Kysely<ChatTables>,
  room: string,
  before: number | undefined,
  limit: number,
): Promise<LogPage> {
  const { id, epoch, head, oldest } = await existingRoom(db, room);
  const range = { id, first: oldest, last: Math.min((before ?? head + 1) - 1, head), limit };
  const rows = range.last < oldest ? [] : await page(db, range, sql`seq DESC`);
  return { entries: rows.map(rowToEntry).reverse(), epoch, head, oldest };
}

async function existingRoom(db: Kysely<ChatTables>, name: string) {
  const room = await findRoom(db, name);
  if (!room) throw new ParleyError('NOT_FOUND', 'There is no such room.');
  return room;
}

type Range = { id: number; first: number; last: number; limit: number };

/** The window function adds up what comes before each row: rows stop when that is enough for a page. */
async function page(db: Kysely<ChatTables>, range: Range, order: RawBuilder<unknown>): Promise<MessageRow[]> {
  const { rows } = await sql<MessageRow>`SELECT seq, at, sender_id, sender_name, text, data FROM (
    SELECT seq, at, sender_id, sender_name, text, data,
      SUM(LENGTH(COALESCE(text, data))) OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM (SELECT * FROM messages WHERE room_id = ${range.id} AND seq >= ${range.first} AND seq <= ${range.last}
      ORDER BY ${order} LIMIT ${range.limit}) AS stretch) AS sized
    WHERE before IS NULL OR before < ${MAX_PAGE_CHARS} ORDER BY ${order}`.execute(db);
  return rows;
}
