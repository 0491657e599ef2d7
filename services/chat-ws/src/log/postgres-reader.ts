import { type Kysely, type RawBuilder, sql } from 'kysely';
import { currentText } from './current-text.ts';
import { rowToEntry } from './entries.ts';
import { boundsOf, type LogReader, MAX_PAGE_CHARS, noSuchRoom } from './log-reader.ts';
import { findRole } from './members.ts';
import { findRoom, toHead } from './rooms.ts';
import type { ChatTables, MessageRow } from './tables.ts';

/** Reads over the service's pool, which is closed by who opened it. */
export function createPostgresReader(db: Kysely<ChatTables>): LogReader {
  return {
    async find(name) {
      const room = await findRoom(db, name);
      return room && toHead(room);
    },
    async access(name, user) {
      const room = await findRoom(db, name);
      return room && { head: toHead(room), role: await findRole(db, room.id, user) };
    },
    async read(name, stretch) {
      const room = await findRoom(db, name);
      if (!room) throw noSuchRoom();
      const { id, epoch, head, oldest } = room;
      const [first, last] = boundsOf(stretch, room);
      const forward = 'from' in stretch;
      const messages = !forward || stretch.messages === true;
      const range = { id, first, last, limit: stretch.limit, messages };
      const rows = first > last ? [] : await page(db, range, forward ? sql`seq` : sql`seq DESC`);
      const entries = rows.map(rowToEntry);
      return { entries: forward ? entries : entries.reverse(), epoch, head, oldest };
    },
    async close() {},
  };
}

type Range = { id: number; first: number; last: number; limit: number; messages: boolean };

/** The window function adds up what comes before each row: rows stop when that is enough for a page. */
async function page(db: Kysely<ChatTables>, range: Range, order: RawBuilder<unknown>): Promise<MessageRow[]> {
  const kind = range.messages ? sql`of_seq IS NULL` : sql`TRUE`;
  const { rows } = await sql<MessageRow>`SELECT seq, at, sender_id, sender_name, text, data, of_seq FROM (
    SELECT seq, at, sender_id, sender_name, text, data, of_seq,
      SUM(LENGTH(COALESCE(text, data))) OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM (SELECT seq, at, sender_id, sender_name, ${sql.raw(currentText('postgres'))} AS text, data, of_seq
      FROM messages WHERE room_id = ${range.id} AND seq >= ${range.first} AND seq <= ${range.last} AND ${kind}
      ORDER BY ${order} LIMIT ${range.limit}) AS stretch) AS sized
    WHERE before IS NULL OR before < ${MAX_PAGE_CHARS} ORDER BY ${order}`.execute(db);
  return rows;
}
