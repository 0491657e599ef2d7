import { once } from 'node:events';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { SqliteError, sqliteInterrupted } from './sqlite-error.ts';

/** Calls into a thread that has a SQLite connection of its own: node:sqlite is synchronous, and waits for the disk. */
export type SqliteCalls<Request, Result> = {
  /** Answered in the order of the calls. @throws SqliteError, also when the thread ends before its answer */
  ask(request: Request): Promise<Result>;
  readonly hasEnded: boolean;
  /** After what was asked before has been answered. */
  close(): Promise<void>;
};

type Reply<Result> = { result: Result } | { error: { message: string; errcode: number | undefined } };

const CLOSE = 'close';

/**
 * Starts `file`, which calls `serveCalls`, with `data`. `onFault`: the thread has died of an error, and whether its last
 * request was committed is unknown; unless told otherwise this process ends with it, and the next one finds out.
 */
export function openCalls<Request, Result>(
  file: URL,
  data: unknown,
  onFault: (error: Error) => void = endProcess,
): SqliteCalls<Request, Result> {
  const thread = new Worker(file, { workerData: data });
  const waiting: PromiseWithResolvers<Result>[] = [];
  let ended: SqliteError | undefined;

  function end(error: SqliteError): void {
    ended ??= error;
    for (const call of waiting.splice(0)) call.reject(ended);
  }

  thread.on('message', (reply: Reply<Result>) => {
    const call = waiting.shift();
    if ('result' in reply) call?.resolve(reply.result);
    else call?.reject(new SqliteError(reply.error.message, reply.error.errcode));
  });
  thread.on('error', (error: Error & { errcode?: number }) => {
    onFault(error);
    end(new SqliteError(error.message, error.errcode ?? sqliteInterrupted));
  });
  thread.on('exit', () => end(new SqliteError('the SQLite thread has ended', sqliteInterrupted)));

  return {
    ask(request) {
      if (ended) return Promise.reject(ended);
      const call = Promise.withResolvers<Result>();
      thread.postMessage(request);
      waiting.push(call);
      return call.promise;
    },
    get hasEnded() {
      return ended !== undefined;
    },
    async close() {
      if (ended) return;
      const exit = once(thread, 'exit');
      thread.postMessage(CLOSE);
      await exit;
    },
  };
}

function endProcess(error: Error): never {
  throw error;
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
