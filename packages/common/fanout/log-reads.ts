import { firstThere } from './decide.ts';
import { EntryRun } from './entry-run.ts';
import type { Fanout } from './fanout.ts';
import type { LogStretch, Sequenced } from './outlet.ts';
import type { Subscriber } from './subscriber.ts';

/** Reads the room's log from `from` on. Bounded in time by whoever provides it; a rejection is tried again after a pause. */
export type LogReader<E> = (from: number, limit: number) => Promise<LogStretch<E>>;

export type LogReadsOptions<E> = {
  room: string;
  read: LogReader<E>;
  encode: (format: number, entry: E) => Buffer;
};

/** The log reads of one room: one for all who wait at the same place, repeated until it succeeds. */
export class LogReads<E extends Sequenced> {
  /** Bytes of an entry on average, where it was last written. */
  entryBytes = 0;
  readonly #fanout: Fanout<E>;
  readonly #options: LogReadsOptions<E>;
  /** By the place that is read from: those who wait for it. */
  #waiting = new Map<number, Subscriber<E>[]>();

  constructor(fanout: Fanout<E>, options: LogReadsOptions<E>) {
    this.#fanout = fanout;
    this.#options = options;
  }

  /** Reads from the subscriber's place on; it is woken when it has its chunk. */
  start(subscriber: Subscriber<E>): void {
    const waiting = this.#waiting.get(subscriber.next);
    if (waiting !== undefined) {
      waiting.push(subscriber);
      return;
    }
    const waiters = [subscriber];
    this.#waiting.set(subscriber.next, waiters);
    this.#read(subscriber.next, waiters, 0);
  }

  /** What is under way is of no use any more: who waits for it is woken without a chunk. */
  callOff(): void {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    for (const waiters of waiting.values()) for (const waiter of waiters) this.#fanout.pump.wake(waiter);
  }

  #read(from: number, waiters: Subscriber<E>[], attempt: number): void {
    const { pump, stats, onReadFailed, retryDelayMs } = this.#fanout;
    const isCalledOff = () => this.#waiting.get(from) !== waiters;
    pump.read(async () => {
      if (isCalledOff()) return;
      if (waiters.every(({ state }) => state === 'gone')) {
        this.#waiting.delete(from);
        return;
      }
      stats.logReads += 1;
      try {
        const stretch = await this.#options.read(from, this.#limit());
        if (!isCalledOff()) this.#hand(from, waiters, stretch);
      } catch (error) {
        if (isCalledOff()) return;
        stats.logReadFailures += 1;
        onReadFailed(this.#options.room, error);
        pump.later(retryDelayMs(attempt), () => this.#read(from, waiters, attempt + 1));
      }
    });
  }

  /** What is read beyond one chunk is read in vain: when the socket has taken that, the rest is not kept. */
  #limit(): number {
    const { readEntries, chunkBytes } = this.#fanout.limits;
    return Math.min(readEntries, Math.ceil(chunkBytes / this.entryBytes) + 1);
  }

  /** Gives what was read to those who wait for it; each takes it in its turn. */
  #hand(from: number, waiters: Subscriber<E>[], stretch: LogStretch<E>): void {
    const first = firstThere(from, stretch);
    if (first === undefined) throw new RangeError(`the log has nothing at ${from}, though its head was published`);
    const run = new EntryRun<E>(first, this.#options.encode);
    for (const entry of stretch.entries) {
      if (entry.seq !== run.next) break;
      run.append(entry);
    }
    this.#waiting.delete(from);
    const chunk = { run, first };
    for (const waiter of waiters) {
      if (waiter.state === 'gone') continue;
      waiter.chunk = chunk;
      this.#fanout.pump.wake(waiter);
    }
  }
}
