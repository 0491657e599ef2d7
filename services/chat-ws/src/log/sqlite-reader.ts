import type { LogEntry } from '@parley/common/contracts/log-entry';
import { openCalls } from '@parley/common/runtime/sqlite-call';
import { toEntry } from './entries.ts';
import { type LogReader, noSuchRoom } from './log-reader.ts';
import { toHead } from './rooms.ts';
import { ENTRY_FIELDS, type FlatEntries, type FlatPage } from './sqlite-read.ts';
import type { ReadRequest, ReadThreadData } from './sqlite-read-thread.ts';

/** Reads in a thread of its own, which never writes. */
export function openSqliteReader(data: ReadThreadData): LogReader {
  const file = new URL('./sqlite-read-thread.ts', import.meta.url);
  const { ask, close } = openCalls<ReadRequest, FlatPage | undefined>(file, data);
  return {
    async find(room) {
      const found = await ask({ room });
      return found && toHead(found.room);
    },
    async read(room, stretch) {
      const found = await ask({ room, stretch });
      if (!found) throw noSuchRoom();
      const { epoch, head, oldest } = found.room;
      const entries = flatToEntries(found.entries);
      return { entries: 'from' in stretch ? entries : entries.reverse(), epoch, head, oldest };
    },
    close,
  };
}

function flatToEntries(flat: FlatEntries): LogEntry[] {
  const entries: LogEntry[] = [];
  for (let i = 0; i < flat.length; i += ENTRY_FIELDS) {
    const [seq, at] = [flat[i] as number, flat[i + 1] as number];
    const from = { id: flat[i + 2] as string, name: flat[i + 3] as string };
    entries.push(toEntry({ seq, at, from }, flat[i + 4] as string | null, flat[i + 5] as string | null));
  }
  return entries;
}
