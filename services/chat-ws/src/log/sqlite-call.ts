import { once } from 'node:events';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { ParleyError } from '@parley/common/runtime/errors';
import { SqliteError } from '@parley/common/runtime/sqlite-dialect';

/** Calls into a thread that has a SQLite connection of its own: node:sqlite is synchronous, and waits for the disk. */
export type SqliteCall<Request, Result> = {
  /** Answered in the order of the calls. @throws SqliteError, or UNAVAILABLE when the thread has ended */
  ask(request: Request): Promise<Result>;
  /** After what was asked before has been answered. */
  close(): Promise<void>;
};

type Reply<Result> = { result: Result } | { error: { message: string; errcode: number | undefined } };

const CLOSE = 'close';

/** Starts `file`, which calls `serveCalls`, with `data`. */
export function openCalls<Request, Result>(file: URL, data: unknown): SqliteCall<Request, Result> {
  const thread = new Worker(file, { workerData: data });
  const waiting: PromiseWithResolvers<Result>[] = [];
  let ended = false;

  thread.on('message', (reply: Reply<Result>) => {
    const call = waiting.shift();
    if ('result' in reply) call?.resolve(reply.result);
    else call?.reject(new SqliteError(reply.error.message, reply.error.errcode));
  });
  thread.on('error', (error: Error) => {
    // A fault of ours; and whether the thread had committed its last request is unknown. A new process finds out, this one
    // must not go on.
    throw error;
  });
  thread.on('exit', () => {
    ended = true;
    for (const call of waiting.splice(0)) call.reject(closed());
  });

  return {
    ask(request) {
      if (ended) return Promise.reject(closed());
      const call = Promise.withResolvers<Result>();
      waiting.push(call);
      thread.postMessage(request);
      return call.promise;
    },
    async close() {
      if (ended) return;
      const exit = once(thread, 'exit');
      thread.postMessage(CLOSE);
      await exit;
    },
  };
}

function closed(): ParleyError {
  return new ParleyError('UNAVAILABLE', 'The room log is closed.');
}

/** The other end, in the thread: `open` is given the thread's data, and `answer` each request. */
export function serveCalls<Data, Request, Result>(
  open: (data: Data) => { answer(request: Request): Result; close(): void },
): void {
  const port = parentPort;
  if (!port) throw new Error('this runs in a worker thread only');
  const { answer, close } = open(workerData as Data);

  function reply(request: Request): Reply<Result> {
    try {
      return { result: answer(request) };
    } catch (thrown) {
      const { message, errcode } = thrown as Error & { errcode?: number };
      return { error: { message, errcode } };
    }
  }

  port.on('message', (request: Request | typeof CLOSE) => {
    if (request !== CLOSE) return port.postMessage(reply(request));
    close();
    port.close();
  });
}
