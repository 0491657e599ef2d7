/** Times in ms, on any clock that only goes forward. */
export type HeartbeatLimits = {
  /** Between two pings. */
  pingMs: number;
  /** Silence after a ping that ends a connection. */
  pongMs: number;
  /** The same, at most, for a connection that has much to read before it finds the ping. */
  stalledMs: number;
};

/** What a connection's socket tells of itself: bytes written until now, and of those the bytes that have not left user space. */
export type Traffic = { readonly bytesWritten: number; readonly writableLength: number };

/** The slowest reader whose `pong` is waited for, by what it had to read before: bytes per ms. */
const slowestReaderBytesPerMs = 4;

/**
 * Life of one connection. A ping goes out every `pingMs`; a connection is dead when nothing was heard for `pongMs` after one. A ping
 * stands in line behind what was written before, so a slow reader is given the time to read that, up to `stalledMs`. Only a second look
 * finds death: in a process that was held up, the first one may come before what has come meanwhile is read.
 */
export class Heartbeat {
  #pingAt: number;
  /** When the first ping was sent that nothing has been heard since; undefined: none is. */
  #unansweredAt: number | undefined = undefined;
  #heard = false;
  #isOverdue = false;
  /** Bytes that had left before something was last heard; all others may still have to be read before the next ping. */
  #leftWhenHeard = 0;
  /** Bytes that had left at the last look: what came since may have been answered already. */
  #left = 0;

  constructor(now: number, { pingMs }: HeartbeatLimits) {
    this.#pingAt = now + pingMs;
  }

  /** Something came in. */
  heard(): void {
    this.#heard = true;
  }

  /** To be asked often. */
  check(now: number, { bytesWritten, writableLength }: Traffic, limits: HeartbeatLimits): 'ok' | 'ping' | 'dead' {
    if (this.#heard) {
      this.#heard = false;
      this.#unansweredAt = undefined;
      this.#isOverdue = false;
      this.#leftWhenHeard = this.#left;
    } else if (this.#unansweredAt !== undefined) {
      const readingMs = (bytesWritten - this.#leftWhenHeard) / slowestReaderBytesPerMs;
      const patienceMs = Math.max(limits.pongMs, Math.min(limits.stalledMs, limits.pongMs + readingMs));
      const isOverdue = now - this.#unansweredAt >= patienceMs;
      if (isOverdue && this.#isOverdue) return 'dead';
      this.#isOverdue = isOverdue;
    }
    this.#left = bytesWritten - writableLength;
    if (now < this.#pingAt) return 'ok';
    this.#pingAt = now + limits.pingMs;
    this.#unansweredAt ??= now;
    return 'ping';
  }
}
