import type { DatabaseSync } from 'node:sqlite';
import type { MemberRole } from '@parley/common/contracts/room';
import { currentText } from './current-text.ts';
import { boundsOf, MAX_PAGE_CHARS, type Stretch } from './log-reader.ts';
import type { StoredRoom } from './tables.ts';

/** Entries as one flat array: seq, at, sender's id and name, text, data (as JSON), and what it is a change of, of each. */
export type FlatEntries = (string | number | null)[];
export const ENTRY_FIELDS = 7;

export type FlatPage = { room: StoredRoom; entries: FlatEntries };
export type FlatAccess = { room: StoredRoom; role: MemberRole | undefined };

/** The log's read statements on one connection; synchronous, so for a thread of their own. */
export function prepareRead(database: DatabaseSync) {
  const findRoom = database.prepare('SELECT * FROM rooms WHERE name = ? AND deleted_at IS NULL');
  const findRole = database.prepare('SELECT role FROM members WHERE room_id = ? AND user_id = ?');
  const columns = `SELECT seq, at, sender_id, sender_name, ${currentText('sqlite')}, data, of_seq FROM messages`;
  const inRange = 'WHERE room_id = ? AND seq >= ? AND seq <= ?';
  const forward = database.prepare(`${columns} ${inRange} ORDER BY seq LIMIT ?`);
  const messages = database.prepare(`${columns} ${inRange} AND of_seq IS NULL ORDER BY seq LIMIT ?`);
  const backward = database.prepare(`${columns} ${inRange} AND of_seq IS NULL ORDER BY seq DESC LIMIT ?`);
  for (const statement of [forward, messages, backward]) statement.setReturnArrays(true);

  function statementFor(stretch: Stretch) {
    if ('before' in stretch) return backward;
    return stretch.messages ? messages : forward;
  }

  return {
    /** The room, with no entries if no stretch is asked for. Backwards, they come in descending order. */
    page(name: string, stretch: Stretch | undefined): FlatPage | undefined {
      const room = findRoom.get(name) as StoredRoom | undefined;
      if (!room) return undefined;
      const entries: FlatEntries = [];
      if (!stretch) return { room, entries };
      const [first, last] = boundsOf(stretch, room);
      if (first > last) return { room, entries };
      let chars = 0;
      for (const row of statementFor(stretch).iterate(room.id, first, last, stretch.limit)) {
        // With setReturnArrays a row is an array, which its type does not say.
        const fields = row as unknown as FlatEntries;
        for (const field of fields) entries.push(field);
        chars += ((fields[4] ?? fields[5] ?? '') as string).length;
        if (chars >= MAX_PAGE_CHARS) break;
      }
      return { room, entries };
    },
    /** The room, and what the user is in it. */
    access(name: string, user: string): FlatAccess | undefined {
      const room = findRoom.get(name) as StoredRoom | undefined;
      if (!room) return undefined;
      return { room, role: findRole.get(room.id, user)?.role as MemberRole | undefined };
    },
  };
}
