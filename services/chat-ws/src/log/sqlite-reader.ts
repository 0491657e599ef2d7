import type { LogEntry } from '@parley/common/contracts/log-entry';
import { openCalls } from '@parley/common/runtime/sqlite-call';
import { toEntry } from './entries.ts';
import { type LogReader, noSuchRoom } from './log-reader.ts';
import { toHead } from './rooms.ts';
import { ENTRY_FIELDS, type FlatAccess, type FlatEntries, type FlatPage } from './sqlite-read.ts';
import type { ReadRequest, ReadThreadData } from './sqlite-read-thread.ts';

/** Reads in a thread of its own, which never writes. */
export function openSqliteReader(data: ReadThreadData): LogReader {
  const file = new URL('./sqlite-read-thread.ts', import.meta.url);
  const { ask, close } = openCalls<ReadRequest, FlatPage | FlatAccess | undefined>(file, data);
  const askPage = (request: ReadRequest) => ask(request) as Promise<FlatPage | undefined>;
  return {
    async find(room) {
      const found = await askPage({ room });
      return found && toHead(found.room);
    },
    async access(room, user) {
      const found = (await ask({ room, user })) as FlatAccess | undefined;
      return found && { head: toHead(found.room), role: found.role };
    },
    async read(room, stretch) {
      const found = await askPage({ room, stretch });
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
    const [text, data] = [flat[i + 4] as string | null, flat[i + 5] as string | null];
    entries.push(toEntry({ seq, at, from }, { text, data, of_seq: flat[i + 6] as number | null }));
  }
  return entries;
}
