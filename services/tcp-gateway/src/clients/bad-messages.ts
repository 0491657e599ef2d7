const windowMs = 60_000;

/** Counts what a client should not have sent, in windows of a minute. */
export class BadMessages {
  readonly #max: number;
  #count = 0;
  #since = Number.NEGATIVE_INFINITY;

  constructor(max: number) {
    this.#max = max;
  }

  /** One more, at `now` (ms); true when they are too many. */
  add(now: number): boolean {
    if (now - this.#since >= windowMs) {
      this.#since = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count >= this.#max;
  }
}
