import { openSqlite } from '@parley/common/runtime/open-sqlite';
import { serveCalls } from '@parley/common/runtime/sqlite-call';
import type { FlatBatch, FlatResults } from './append-wire.ts';
import { prepareAppend } from './sqlite-append.ts';

export type AppendThreadData = {
  file: string;
  keyMaxAgeMs: number;
  /** For tests only: how long each commit takes longer than it does. */
  commitDelayMs: number;
};

export type AppendRequest = FlatBatch | 'probe';

/** The thread of the log's writer: a slow disk holds nobody up but those who post. */
serveCalls(({ file, keyMaxAgeMs, commitDelayMs }: AppendThreadData) => {
  const held = new Int32Array(new SharedArrayBuffer(4));
  const database = openSqlite(file);
  const log = prepareAppend(database, {
    keyMaxAgeMs,
    beforeCommit() {
      if (commitDelayMs > 0) Atomics.wait(held, 0, 0, commitDelayMs);
    },
  });
  return {
    answer(request: AppendRequest): FlatResults {
      if (request !== 'probe') return log.append(request);
      log.probe();
      return [];
    },
    close: () => database.close(),
  };
});
