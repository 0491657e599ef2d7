import { openSqlite } from '@parley/common/runtime/open-sqlite';
import { serveCalls } from '@parley/common/runtime/sqlite-call';
import type { Stretch } from './log-reader.ts';
import { type FlatAccess, type FlatPage, prepareRead } from './sqlite-read.ts';

export type ReadThreadData = { file: string };

/** Without a stretch, the room alone is asked for, or what a user is in it. */
export type ReadRequest = { room: string; stretch?: Stretch } | { room: string; user: string };

/** The thread of the log's reader: readers wait for each other, but never for a commit. */
serveCalls(({ file }: ReadThreadData) => {
  const database = openSqlite(file);
  const log = prepareRead(database);
  return {
    answer: (request: ReadRequest): FlatPage | FlatAccess | undefined =>
      'user' in request ? log.access(request.room, request.user) : log.page(request.room, request.stretch),
    close: () => database.close(),
  };
});
