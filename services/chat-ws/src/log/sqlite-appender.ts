import { openCalls } from '@parley/common/runtime/sqlite-call';
import { sqliteAppendError } from './append-errors.ts';
import { decodeResults, encodeBatch, type FlatResults } from './append-wire.ts';
import type { Appender } from './appender.ts';
import type { AppendRequest, AppendThreadData } from './sqlite-append-thread.ts';
import { createTurns } from './turns.ts';

/**
 * Appends in a thread of its own. All writes of the process take turns here, before they meet at SQLite's lock: waiting there is
 * polling, and who polls can starve behind a busy log.
 */
export function openSqliteAppender(data: AppendThreadData): Appender {
  const file = new URL('./sqlite-append-thread.ts', import.meta.url);
  const calls = openCalls<AppendRequest, FlatResults>(file, data);
  const turns = createTurns();

  async function ask(request: AppendRequest): Promise<FlatResults> {
    try {
      return await calls.ask(request);
    } catch (error) {
      throw sqliteAppendError(error);
    }
  }

  return {
    append: (batch) => turns.run(async () => decodeResults(await ask(encodeBatch(batch)))),
    exclusive: (write) => turns.run(write),
    probe: () => turns.run(async () => void (await ask('probe'))),
    onFound() {
      // The thread's answer to a COMMIT cannot be lost.
    },
    close: () => turns.run(calls.close),
  };
}
