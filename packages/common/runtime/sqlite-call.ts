import { once } from 'node:events';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker, workerData } from 'node:worker_threads';
import { SqliteError, sqliteBusy, sqliteInterrupted } from './sqlite-error.ts';

/** Calls into a thread that has a SQLite connection of its own: node:sqlite is synchronous, and waits for the disk. */
export type SqliteCalls<Request, Result> = {
  /** Answered in the order of the calls. @throws SqliteError, also when the thread ends before its answer */
  ask(request: Request): Promise<Result>;
  readonly hasEnded: boolean;
  /** From now on, what meets somebody else's lock fails (SQLITE_BUSY) instead of waiting for it, also what waits there already. */
  hurry(): void;
  /** After what was asked before has been answered. */
  close(): Promise<void>;
};

type Reply<Result> = { result: Result } | { error: { message: string; errcode: number | undefined } };

const CLOSE = 'close';

/** How long a request waits for a lock, in tries that SQLite itself makes as short as `openSqlite` says. */
const lockPatienceMs = 5_000;

/**
 * `bell` is rung after each request: who sleeps there is awake sooner, and has less to do then, than an event loop. `hurried` is 1 from
 * `hurry` on: a thread that waits for a lock hears no messages.
 */
type ThreadData<Data> = {
  data: Data;
  port: MessagePort;
  bell: Int32Array<SharedArrayBuffer>;
  hurried: Int32Array<SharedArrayBuffer>;
};

/**
 * Starts `file`, which calls `serveCalls`, with `data`. `onFault`: the thread has died of an error, and whether its last
 * request was committed is unknown; unless told otherwise this process ends with it, and the next one finds out.
 */
export function openCalls<Request, Result>(
  file: URL,
  data: unknown,
  onFault: (error: Error) => void = endProcess,
): SqliteCalls<Request, Result> {
  const { port1: ours, port2: port } = new MessageChannel();
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const hurried = new Int32Array(new SharedArrayBuffer(4));
  const threadData: ThreadData<unknown> = { data, port, bell, hurried };
  const thread = new Worker(file, { workerData: threadData, transferList: [port] });
  const waiting: PromiseWithResolvers<Result>[] = [];
  let ended: SqliteError | undefined;

  function end(error: SqliteError): void {
    // What it had answered may come after the news of its end.
    for (let got = receiveMessageOnPort(ours); got !== undefined; got = receiveMessageOnPort(ours)) settle(got.message);
    ended ??= error;
    for (const call of waiting.splice(0)) call.reject(ended);
  }

  function send(request: Request | typeof CLOSE): void {
    ours.postMessage(request);
    Atomics.add(bell, 0, 1);
    Atomics.notify(bell, 0);
  }

  function settle(reply: Reply<Result>): void {
    const call = waiting.shift();
    if ('result' in reply) call?.resolve(reply.result);
    else call?.reject(new SqliteError(reply.error.message, reply.error.errcode));
  }

  ours.on('message', settle);
  thread.on('error', (error: Error & { errcode?: number }) => {
    onFault(error);
    end(new SqliteError(error.message, error.errcode ?? sqliteInterrupted));
  });
  thread.on('exit', () => end(new SqliteError('the SQLite thread has ended', sqliteInterrupted)));

  return {
    ask(request) {
      if (ended) return Promise.reject(ended);
      const call = Promise.withResolvers<Result>();
      send(request);
      waiting.push(call);
      return call.promise;
    },
    get hasEnded() {
      return ended !== undefined;
    },
    hurry() {
      Atomics.store(hurried, 0, 1);
    },
    async close() {
      if (ended) return;
      const exit = once(thread, 'exit');
      send(CLOSE);
      await exit;
    },
  };
}

function endProcess(error: Error): never {
  throw error;
}

/**
 * The other end, in the thread: `open` is given the thread's data, and `answer` each request. It returns when it is told to close; until
 * then the thread's event loop stands still: no timers, no promises, no output.
 */
export function serveCalls<Data, Request, Result>(
  open: (data: Data) => { answer(request: Request): Result; close(): void },
): void {
  const { data, port, bell, hurried } = workerData as ThreadData<Data>;
  const { answer, close } = open(data);

  /** What met a lock has changed nothing, and is asked again. */
  function reply(request: Request): Reply<Result> {
    let until: number | undefined;
    for (;;) {
      try {
        return { result: answer(request) };
      } catch (thrown) {
        const { message, errcode } = thrown as Error & { errcode?: number };
        until ??= performance.now() + lockPatienceMs;
        const mayRetry = errcode === sqliteBusy && Atomics.load(hurried, 0) === 0 && performance.now() < until;
        if (!mayRetry) return { error: { message, errcode } };
      }
    }
  }

  for (;;) {
    const rung = Atomics.load(bell, 0);
    for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port)) {
      const request: Request | typeof CLOSE = got.message;
      if (request === CLOSE) {
        close();
        port.close();
        return;
      }
      port.postMessage(reply(request));
    }
    // Returns at once when it has been rung since.
    Atomics.wait(bell, 0, rung);
  }
}
