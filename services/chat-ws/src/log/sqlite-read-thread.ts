import { openSqlite } from '@parley/common/runtime/open-sqlite';
import { serveCalls } from '@parley/common/runtime/sqlite-call';
import type { Stretch } from './log-reader.ts';
import { type FlatPage, prepareRead } from './sqlite-read.ts';

export type ReadThreadData = { file: string };

/** Without a stretch, the room alone is asked for. */
export type ReadRequest = { room: string; stretch?: Stretch };

/** The thread of the log's reader: readers wait for each other, but never for a commit. */
serveCalls(({ file }: ReadThreadData) => {
  const database = openSqlite(file);
  const log = prepareRead(database);
  return {
    answer: ({ room, stretch }: ReadRequest): FlatPage | undefined => log.page(room, stretch),
    close: () => database.close(),
  };
});
