/** Times in ms, on any clock that only goes forward. */
export type HeartbeatLimits = {
  /** Between two pings. */
  pingMs: number;
  /** Silence after a ping that ends a connection. */
  pongMs: number;
  /** The same, at most, for a connection that has much to read before it finds the ping. */
  stalledMs: number;
};

/** The slowest reader whose `pong` is waited for, by what it had to read before: bytes per ms. */
const slowestReaderBytesPerMs = 4;

/**
 * Life of one connection. A ping goes out every `pingMs`; a connection is dead when nothing was heard for `pongMs` after one. A ping
 * stands in line behind what was written before, so a slow reader is given the time to read that, up to `stalledMs`.
 */
export class Heartbeat {
  #pingAt: number;
  /** When the first ping was sent that nothing has been heard since; undefined: none is. */
  #unansweredAt: number | undefined = undefined;
  #heard = false;
  /** Bytes written when something was last heard. */
  #writtenWhenHeard = 0;

  constructor(now: number, { pingMs }: HeartbeatLimits) {
    this.#pingAt = now + pingMs;
  }

  /** Something came in. */
  heard(): void {
    this.#heard = true;
  }

  /** To be asked often; `bytesWritten`: of the connection, until now. */
  check(now: number, bytesWritten: number, limits: HeartbeatLimits): 'ok' | 'ping' | 'dead' {
    if (this.#heard) {
      this.#heard = false;
      this.#unansweredAt = undefined;
      this.#writtenWhenHeard = bytesWritten;
    } else if (this.#unansweredAt !== undefined) {
      const readingMs = (bytesWritten - this.#writtenWhenHeard) / slowestReaderBytesPerMs;
      const patienceMs = Math.max(limits.pongMs, Math.min(limits.stalledMs, limits.pongMs + readingMs));
      if (now - this.#unansweredAt >= patienceMs) return 'dead';
    }
    if (now < this.#pingAt) return 'ok';
    this.#pingAt = now + limits.pingMs;
    this.#unansweredAt ??= now;
    return 'ping';
  }
}
