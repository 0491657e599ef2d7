import { firstThere } from './decide.ts';
import { EntryRun, type EntryWork } from './entry-run.ts';
import type { Fanout } from './fanout.ts';
import type { LogStretch, Sequenced } from './outlet.ts';
import type { Subscriber } from './subscriber.ts';

/** Reads the room's log from `from` on. Bounded in time by whoever provides it; a rejection is tried again after a pause. */
export type LogReader<E> = (from: number, limit: number) => Promise<LogStretch<E>>;

export type LogReadsOptions<E> = {
  room: string;
  read: LogReader<E>;
  work: EntryWork<E>;
};

/**
 * One read, under way or repeated until it succeeds. `asOf`: everything up to there was committed when it was asked for. `changes`: what
 * was published since, and may or may not be in what it brings.
 */
type Read<E extends Sequenced> = {
  readonly from: number;
  readonly asOf: number;
  readonly waiters: Subscriber<E>[];
  changes: E[];
  isCalledOff: boolean;
};

/** The log reads of one room: one for all who wait at the same place, if it is late enough for them. */
export class LogReads<E extends Sequenced> {
  /** Bytes of an entry on average, where it was last written. */
  entryBytes = 0;
  readonly #fanout: Fanout<E>;
  readonly #options: LogReadsOptions<E>;
  /** By the place that is read from. */
  #reads = new Map<number, Read<E>[]>();

  constructor(fanout: Fanout<E>, options: LogReadsOptions<E>) {
    this.#fanout = fanout;
    this.#options = options;
  }

  /** Reads from the subscriber's place on; it is woken when it has its chunk. `known`: the last `seq` known to be committed by now. */
  start(subscriber: Subscriber<E>, known: number): void {
    const from = subscriber.next;
    const there = this.#reads.get(from) ?? [];
    const shared = there.find(({ asOf }) => asOf >= subscriber.asOf);
    if (shared !== undefined) {
      shared.waiters.push(subscriber);
      return;
    }
    const read: Read<E> = { from, asOf: known, waiters: [subscriber], changes: [], isCalledOff: false };
    this.#reads.set(from, [...there, read]);
    this.#read(read, 0);
  }

  /** Entries were published: what is read meanwhile may be older than the changes among them. */
  published(changes: readonly E[]): void {
    for (const reads of this.#reads.values()) for (const read of reads) read.changes.push(...changes);
  }

  /** What is under way is of no use any more: who waits for it is woken without a chunk. */
  callOff(): void {
    const there = this.#reads;
    this.#reads = new Map();
    for (const read of [...there.values()].flat()) {
      read.isCalledOff = true;
      for (const waiter of read.waiters) this.#fanout.pump.wake(waiter);
    }
  }

  #read(read: Read<E>, attempt: number): void {
    const { pump, stats, onReadFailed, retryDelayMs } = this.#fanout;
    pump.read(async () => {
      if (read.isCalledOff) return;
      if (read.waiters.every(({ state }) => state === 'gone')) {
        this.#end(read);
        return;
      }
      stats.logReads += 1;
      read.changes = [];
      try {
        const stretch = await this.#options.read(read.from, this.#limit());
        if (!read.isCalledOff) this.#hand(read, stretch);
      } catch (error) {
        if (read.isCalledOff) return;
        stats.logReadFailures += 1;
        onReadFailed(this.#options.room, error);
        pump.later(retryDelayMs(attempt), () => this.#read(read, attempt + 1));
      }
    });
  }

  #end(read: Read<E>): void {
    const left = this.#reads.get(read.from)?.filter((other) => other !== read) ?? [];
    if (left.length > 0) this.#reads.set(read.from, left);
    else this.#reads.delete(read.from);
  }

  /** What is read beyond one chunk is read in vain: when the socket has taken that, the rest is not kept. */
  #limit(): number {
    const { readEntries, chunkBytes } = this.#fanout.limits;
    return Math.min(readEntries, Math.ceil(chunkBytes / this.entryBytes) + 1);
  }

  /** Gives what was read to those who wait for it; each takes it in its turn. */
  #hand(read: Read<E>, stretch: LogStretch<E>): void {
    const { from, waiters, changes } = read;
    const first = firstThere(from, stretch);
    if (first === undefined) throw new RangeError(`the log has nothing at ${from}, though its head was published`);
    const run = new EntryRun<E>(first, this.#options.work);
    for (const entry of stretch.entries) {
      if (entry.seq !== run.next) break;
      run.append(entry);
    }
    for (const change of changes) run.amend(change);
    this.#end(read);
    const chunk = { run, first };
    for (const waiter of waiters) {
      if (waiter.state === 'gone') continue;
      waiter.chunk = chunk;
      this.#fanout.pump.wake(waiter);
    }
  }
}
