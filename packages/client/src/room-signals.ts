import type { Seen } from '@parley/common/contracts/chat/seen';
import type { Typing } from '@parley/common/contracts/chat/typing';

export type RoomSignalsOptions = { room: string; send(signal: Typing | Seen): void };

/** At most one of each kind in so many ms: programs call these at every key stroke and at every message. */
const typingEveryMs = 2_000;
const seenEveryMs = 250;

/** What a program tells a room without an answer: that its user types, and how far they have seen. */
export class RoomSignals {
  readonly #options: RoomSignalsOptions;
  #isIn = false;
  #typedAt = Number.NEGATIVE_INFINITY;
  #seen = 0;
  /** The last mark that was sent on this connection. */
  #sentSeen = 0;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;

  constructor(options: RoomSignalsOptions) {
    this.#options = options;
  }

  /** Not told later when there is no connection now. */
  typing(): void {
    const now = performance.now();
    if (!this.#isIn || now - this.#typedAt < typingEveryMs) return;
    this.#typedAt = now;
    this.#options.send({ type: 'typing', room: this.#options.room });
  }

  /** Marks only move forward; the last one is told again after a break, as it may have got lost in it. */
  seen(seq: number): void {
    if (seq <= this.#seen) return;
    this.#seen = seq;
    if (this.#isIn && this.#timer === undefined) this.#sendSeen();
  }

  joined(): void {
    this.offline();
    this.#isIn = true;
    this.#sendSeen();
  }

  offline(): void {
    this.#isIn = false;
    this.#sentSeen = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Numbers of the log before mean nothing in this one. */
  reset(): void {
    this.#seen = 0;
    this.#sentSeen = 0;
  }

  readonly #sendSeen = (): void => {
    this.#timer = undefined;
    if (this.#seen <= this.#sentSeen) return;
    this.#sentSeen = this.#seen;
    this.#options.send({ type: 'seen', room: this.#options.room, seq: this.#seen });
    this.#timer = setTimeout(this.#sendSeen, seenEveryMs);
  };
}
