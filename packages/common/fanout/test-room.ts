import { Fanout } from './fanout.ts';
import type { FanoutLimits } from './limits.ts';
import { ManualScheduler } from './manual-scheduler.ts';
import type { LogStretch, Outlet } from './outlet.ts';
import type { RoomFeed } from './room-feed.ts';

/** `version`: counts the changes of a message; a change says which one it makes. */
export type TestEntry = { seq: number; bytes: number; version?: number; of?: number };

/** What comes from a room other than `lobby` carries its name. */
const mark = (room: string) => (room === 'lobby' ? '' : `${room}:`);

/** A client for tests that writes down what it is given. `stuck`: its socket takes nothing until `drain()`. */
export class TestOutlet implements Outlet {
  readonly format: string;
  /** Every `seq` (`seq~version` when it has been changed, `seq>of~version` for a change), `gap from-to` and `reset epoch head`, in order. */
  readonly got: (number | string)[] = [];
  /** Number of writes, and the most that was unsent. */
  writes = 0;
  mostPending = 0;
  stuck: boolean;
  #pending = 0;
  #waiting: (() => void)[] = [];

  constructor(options: { format?: string; stuck?: boolean } = {}) {
    this.format = options.format ?? 'plain';
    this.stuck = options.stuck ?? false;
  }

  pendingBytes(): number {
    return this.#pending;
  }

  write(bytes: Buffer): void {
    this.writes += 1;
    for (const line of bytes.toString().split('\n').slice(0, -1)) {
      const word = line.trim();
      this.got.push(/^\d+$/.test(word) ? Number(word) : word);
    }
    if (this.stuck) this.#pending += bytes.length;
    this.mostPending = Math.max(this.mostPending, this.#pending);
  }

  afterFlush(flushed: () => void): void {
    this.#waiting.push(flushed);
    if (!this.stuck) queueMicrotask(() => this.drain());
  }

  gap(room: string, from: number, to: number): void {
    this.got.push(`${mark(room)}gap ${from}-${to}`);
  }

  reset(room: string, epoch: string, head: number): void {
    this.got.push(`${mark(room)}reset ${epoch} ${head}`);
  }

  /** The socket has taken everything. */
  drain(): void {
    this.#pending = 0;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const flushed of waiting) flushed();
  }
}

export type TestRoomOptions = {
  limits?: Partial<FanoutLimits>;
  head?: number;
  /** Another room of the same process. */
  beside?: TestRoom;
  room?: string;
};

/** A room with a log in memory, all of it driven by hand. */
export class TestRoom {
  readonly scheduler: ManualScheduler;
  readonly fanout: Fanout<TestEntry>;
  readonly feed: RoomFeed<TestEntry>;
  readonly log: TestEntry[] = [];
  oldest = 1;
  /** The next reads fail, this many of them. */
  failures = 0;
  /** While set, reads wait for `answer()`, and bring then what was there before. */
  held = false;
  /** While set, what is committed is published by `deliver()` only. */
  delayed = false;
  /** Whether more is being committed, in whichever room. */
  committing = false;
  readonly reads: number[] = [];
  entriesRead = 0;
  readonly encoded: string[] = [];
  #held: (() => void)[] = [];
  #undelivered: TestEntry[] = [];

  constructor({ limits = {}, head = 0, beside, room = 'lobby' }: TestRoomOptions = {}) {
    this.scheduler = beside?.scheduler ?? new ManualScheduler();
    this.fanout = beside?.fanout ?? this.#createFanout(limits);
    for (let seq = 1; seq <= head; seq++) this.log.push({ seq, bytes: 10 });
    const read = (from: number, limit: number) => this.#read(from, limit);
    this.feed = this.fanout.openFeed({ room, epoch: 'e1', head, read });
  }

  #createFanout(limits: Partial<FanoutLimits>): Fanout<TestEntry> {
    return new Fanout<TestEntry>({
      encoders: {
        plain: ({ room }, entry) => this.#encode('plain', room, entry),
        other: ({ room }, entry) => this.#encode('other', room, entry),
      },
      limits,
      scheduler: this.scheduler,
      isMoreComing: () => this.committing,
      amend: (entry, { version = 0 }) => ({ ...entry, version: Math.max(entry.version ?? 0, version) }),
      retryDelayMs: (attempt) => 10 * 2 ** attempt,
    });
  }

  get head(): number {
    return this.log.length;
  }

  /** Commits entries and publishes them. */
  commit(count: number, bytes = 10): void {
    const entries = Array.from({ length: count }, (_, index) => ({ seq: this.head + 1 + index, bytes }));
    this.log.push(...entries);
    this.#publish(entries);
  }

  /** Commits a change of the message `of`. */
  change(of: number): void {
    const version = (this.log[of - 1]?.version ?? 0) + 1;
    for (const [index, entry] of this.log.entries()) {
      if (entry.seq === of || entry.of === of) this.log[index] = { ...entry, version };
    }
    const change = { seq: this.head + 1, bytes: 12, of, version };
    this.log.push(change);
    this.#publish([change]);
  }

  /** Publishes what was delayed. */
  deliver(): void {
    const entries = this.#undelivered;
    this.#undelivered = [];
    if (entries.length > 0) this.feed.publish(entries);
  }

  /** Adds a client that knows of everything that is committed. What is on its way to the feed is on its way before that is. */
  join(outlet: Outlet, next: number) {
    this.#undelivered = this.#undelivered.map(({ seq }) => this.log[seq - 1]!);
    return this.feed.add(outlet, { next, asOf: this.head });
  }

  #publish(entries: TestEntry[]): void {
    if (this.delayed) this.#undelivered.push(...entries);
    else this.feed.publish(entries);
  }

  /** Lets the log forget everything before `oldest`. */
  trim(oldest: number): void {
    this.oldest = Math.max(this.oldest, oldest);
  }

  answer(): void {
    const held = this.#held;
    this.#held = [];
    for (const go of held) go();
  }

  /** Two turns, and the walk with them. */
  pump(): void {
    for (let turn = 0; turn < 3; turn++) this.scheduler.takeTurn();
    this.scheduler.pass(1);
  }

  settle(): Promise<void> {
    return this.scheduler.settle();
  }

  #encode(format: string, room: string, { seq, bytes, of, version }: TestEntry): Buffer {
    this.encoded.push(`${format} ${seq}`);
    const said = `${seq}${of === undefined ? '' : `>${of}`}${version === undefined ? '' : `~${version}`}`;
    return Buffer.from(`${`${mark(room)}${said}`.padEnd(bytes - 1)}\n`);
  }

  async #read(from: number, limit: number): Promise<LogStretch<TestEntry>> {
    this.reads.push(from);
    const { oldest, head } = this;
    const log = this.log.slice();
    if (this.held) await new Promise<void>((resolve) => this.#held.push(resolve));
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error('the disk is slow today');
    }
    const first = Math.max(from, oldest);
    const entries = log.slice(first - 1, first - 1 + limit);
    this.entriesRead += entries.length;
    return { entries, oldest, head };
  }
}

/** `from`…`to`, inclusive. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}
