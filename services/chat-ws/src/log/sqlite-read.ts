import type { DatabaseSync } from 'node:sqlite';
import { boundsOf, MAX_PAGE_CHARS, type Stretch } from './log-reader.ts';
import type { StoredRoom } from './tables.ts';

/** Entries as one flat array: seq, at, sender's id and name, text, data (as JSON) of each. */
export type FlatEntries = (string | number | null)[];
export const ENTRY_FIELDS = 6;

export type FlatPage = { room: StoredRoom; entries: FlatEntries };

/** The log's read statements on one connection; synchronous, so for a thread of their own. */
export function prepareRead(database: DatabaseSync) {
  const findRoom = database.prepare('SELECT * FROM rooms WHERE name = ?');
  const columns = 'SELECT seq, at, sender_id, sender_name, text, data FROM messages';
  const inRange = 'WHERE room_id = ? AND seq >= ? AND seq <= ?';
  const forward = database.prepare(`${columns} ${inRange} ORDER BY seq LIMIT ?`);
  const backward = database.prepare(`${columns} ${inRange} ORDER BY seq DESC LIMIT ?`);
  forward.setReturnArrays(true);
  backward.setReturnArrays(true);

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
      const statement = 'from' in stretch ? forward : backward;
      for (const row of statement.iterate(room.id, first, last, stretch.limit)) {
        // With setReturnArrays a row is an array, which its type does not say.
        const fields = row as unknown as FlatEntries;
        for (const field of fields) entries.push(field);
        chars += ((fields[4] ?? fields[5]) as string).length;
        if (chars >= MAX_PAGE_CHARS) break;
      }
      return { room, entries };
    },
  };
}
