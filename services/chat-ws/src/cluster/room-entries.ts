import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { LogPage } from '../log/room-log.ts';
import { EntryOrder } from './entry-order.ts';

export type RoomEntriesOptions = {
  /** The last `seq` that was published. */
  head(): number;
  publish(entries: readonly LogEntry[]): void;
  /** The log from `from` on. @throws ParleyError NOT_FOUND: the room is another one by now, or gone */
  read(from: number): Promise<LogPage>;
  /** How long a hole may fill by itself, in ms. */
  waitMs(): number;
  /** How long to wait before a read is repeated that has failed `attempt + 1` times in a row. */
  retryDelayMs: (attempt: number) => number;
  now(): number;
  /** Told of each hole that was read. */
  onRead(): void;
};

/** One room's entries from all nodes on their way to its feed, in order; a hole that stays is read from the log. */
export class RoomEntries {
  readonly #options: RoomEntriesOptions;
  readonly #order = new EntryOrder();
  #timer: NodeJS.Timeout | undefined;
  #isReading = false;
  #isClosed = false;
  #failures = 0;

  constructor(options: RoomEntriesOptions) {
    this.#options = options;
  }

  /** Committed entries, consecutive, from this node or another. */
  take(entries: readonly LogEntry[]): void {
    if (this.#isClosed) return;
    this.#publish(this.#order.take(this.#options.head(), entries, this.#options.now()));
  }

  /** Everything up to `head` is committed, as somebody has heard. */
  expect(head: number): void {
    if (this.#isClosed) return;
    this.#order.expect(this.#options.head(), head, this.#options.now());
    this.#plan();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #publish(entries: readonly LogEntry[]): void {
    if (entries.length > 0) this.#options.publish(entries);
    this.#plan();
  }

  /** One timer for the hole that there is, if any. */
  #plan(): void {
    if (this.#isReading || this.#isClosed) return;
    const { head, now, waitMs, retryDelayMs } = this.#options;
    const since = this.#order.missingSince(head());
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (since === undefined) return;
    const pause = this.#failures === 0 ? since + waitMs() - now() : retryDelayMs(this.#failures - 1);
    this.#timer = setTimeout(() => void this.#read(), Math.max(0, pause));
  }

  /** A page after the other, until the feed has what the log has. */
  async #read(): Promise<void> {
    const { head, read, publish, onRead, now } = this.#options;
    this.#isReading = true;
    onRead();
    try {
      for (let isBehind = true; isBehind && !this.#isClosed; ) {
        const page = await read(head() + 1);
        this.#failures = 0;
        if (this.#isClosed) return;
        const ready = this.#order.takeRead(head(), page.entries, { upTo: page.head, now: now() });
        if (ready.length > 0) publish(ready);
        isBehind = page.entries.length > 0 && head() < page.head;
      }
    } catch {
      // The next try tells whether it is to be had again.
      this.#failures += 1;
    }
    this.#isReading = false;
    this.#plan();
  }
}
