import { defaultFanoutLimits, type FanoutLimits } from './limits.ts';
import type { LogReader } from './log-reads.ts';
import type { Amend, Encoder, Outlet, Sequenced } from './outlet.ts';
import { Pump } from './pump.ts';
import { RoomFeed } from './room-feed.ts';
import { loopScheduler, type Scheduler } from './scheduler.ts';
import type { Subscriber } from './subscriber.ts';
import { TailBudget } from './tail.ts';

/** What the engine has done so far, and how it stands. */
export type FanoutStats = {
  /** Entries written to subscribers, and the writes that took. */
  deliveries: number;
  writes: number;
  /** Subscribers that are behind now, and how often one fell behind. */
  behind: number;
  fellBehind: number;
  /** `gap`s told. */
  gaps: number;
  logReads: number;
  logReadFailures: number;
};

export type FanoutOptions<E extends Sequenced> = {
  /** One encoder per wire format, by the name that outlets carry. */
  encoders: Readonly<Record<string, Encoder<E>>>;
  amend: Amend<E>;
  /** How long to wait before a log read is repeated that has failed `attempt + 1` times in a row. */
  retryDelayMs: (attempt: number) => number;
  limits?: Partial<FanoutLimits>;
  scheduler?: Scheduler;
  /** Whether entries are being committed: then a large room waits for them, too, for a moment. Left out, no room waits. */
  isMoreComing?: () => boolean;
  /** Told of every log read that failed; it is tried again after a pause. */
  onReadFailed?: (room: string, error: unknown) => void;
};

/** What all rooms of a process share: encoders, limits, memory for tails, and the pump. */
export class Fanout<E extends Sequenced> {
  readonly limits: FanoutLimits;
  readonly pump: Pump;
  readonly budget: TailBudget;
  /** Of a client's subscribers, the one that keeps what it has read for it. */
  readonly holders = new WeakMap<Outlet, Subscriber<E>>();
  readonly stats: FanoutStats = {
    deliveries: 0,
    writes: 0,
    behind: 0,
    fellBehind: 0,
    gaps: 0,
    logReads: 0,
    logReadFailures: 0,
  };
  readonly formats: readonly string[];
  readonly encoders: readonly Encoder<E>[];
  readonly amend: Amend<E>;
  readonly retryDelayMs: (attempt: number) => number;
  readonly onReadFailed: (room: string, error: unknown) => void;

  constructor(options: FanoutOptions<E>) {
    this.limits = { ...defaultFanoutLimits, ...options.limits };
    this.pump = new Pump(options.scheduler ?? loopScheduler, this.limits, options.isMoreComing ?? (() => false));
    this.budget = new TailBudget(this.limits.tailBytesTotal);
    this.formats = Object.keys(options.encoders);
    this.encoders = Object.values(options.encoders);
    this.amend = options.amend;
    this.retryDelayMs = options.retryDelayMs;
    this.onReadFailed = options.onReadFailed ?? (() => {});
  }

  /** A feed of the room whose log stands at `head`. */
  openFeed(options: { room: string; epoch: string; head: number; read: LogReader<E> }): RoomFeed<E> {
    return new RoomFeed<E>(this, options);
  }

  /** Calls off everything that is scheduled. */
  close(): void {
    this.pump.close();
  }
}
