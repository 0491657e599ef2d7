/** What makes each request of this process later than the one before (`Origin` of a discovery datagram). */
export type RequestStamp = { epoch: bigint; sequence: bigint };

/**
 * Counts requests in milliseconds since 1970, always at least one more than the last, so that a registry that has never
 * heard of us can tell a new request from a recorded one. A clock that goes back does not take the count back.
 */
export class RequestStamps {
  #epoch = 0n;
  #sequence = 0n;

  next(wallClockMs: number): RequestStamp {
    const clock = BigInt(wallClockMs);
    if (this.#epoch === 0n) this.#epoch = clock;
    this.#sequence = clock > this.#sequence ? clock : this.#sequence + 1n;
    return { epoch: this.#epoch, sequence: this.#sequence };
  }

  /** Begins a new epoch with the clock of now: after a CONFLICT, when the clock was wrong before. */
  restart(wallClockMs: number): void {
    const clock = BigInt(wallClockMs);
    this.#epoch = clock > this.#epoch ? clock : this.#epoch + 1n;
    this.#sequence = 0n;
  }
}
