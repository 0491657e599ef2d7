import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { notStored, sqliteAppendError } from './append-errors.ts';
import { decodeResults, encodeBatch, type FlatResults } from './append-wire.ts';
import type { Appender } from './appender.ts';
import type { AppendReply, AppendRequest, AppendThreadData } from './sqlite-append-thread.ts';
import { createTurns } from './turns.ts';

/**
 * Appends in a thread of its own. All writes of the process take turns here, before they meet at SQLite's lock: waiting there is
 * polling, and who polls can starve behind a busy log.
 */
export function openSqliteAppender(data: AppendThreadData): Appender {
  const thread = new Worker(new URL('./sqlite-append-thread.ts', import.meta.url), { workerData: data });
  const turns = createTurns();
  let waiting: PromiseWithResolvers<FlatResults> | undefined;
  let ended: Error | undefined;

  function fail(error: Error): void {
    ended ??= error;
    waiting?.reject(notStored(ended));
  }
  thread.on('message', (reply: AppendReply) => {
    if ('error' in reply) waiting?.reject(sqliteAppendError(reply.error));
    else waiting?.resolve(reply.results);
  });
  thread.on('error', (error: Error) => {
    fail(error);
    // What that thread had committed is unknown now. A new process finds out; this one must not go on.
    throw error;
  });
  thread.on('exit', () => fail(new Error('the writer thread of the room log has ended')));

  /** One request at a time: `turns` sees to that. */
  function ask(request: AppendRequest): Promise<FlatResults> {
    if (ended) return Promise.reject(notStored(ended));
    waiting = Promise.withResolvers();
    thread.postMessage(request);
    return waiting.promise;
  }

  return {
    append: (batch) => turns.run(async () => decodeResults(await ask(encodeBatch(batch)))),
    exclusive: (write) => turns.run(write),
    probe: () => turns.run(async () => void (await ask('probe'))),
    onFound() {
      // The thread's answer to a COMMIT cannot be lost.
    },
    async close() {
      await turns.run(async () => {
        if (ended) return;
        const exit = once(thread, 'exit');
        thread.postMessage('close' satisfies AppendRequest);
        await exit;
      });
    },
  };
}
