import { openCalls } from '@parley/common/runtime/sqlite-call';
import { sqliteAppendError } from './append-errors.ts';
import { decodeResults, encodeBatch, type FlatResults } from './append-wire.ts';
import type { Appender } from './appender.ts';
import type { AppendResult, Write } from './room-log.ts';
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

  async function append(batch: readonly Write[]): Promise<AppendResult[]> {
    try {
      return decodeResults(await calls.ask(encodeBatch(batch)));
    } catch (error) {
      throw sqliteAppendError(error);
    }
  }

  async function probe(): Promise<void> {
    try {
      await calls.ask('probe');
    } catch (error) {
      throw sqliteAppendError(error);
    }
  }

  return {
    append: (batch) => turns.run(() => append(batch)),
    exclusive: (write) => turns.run(write),
    probe: () => turns.run(probe),
    onFound() {
      // The thread's answer to a COMMIT cannot be lost.
    },
    hurry: calls.hurry,
    close: () => turns.run(calls.close),
  };
}
