/**
 * At most `limit` events in any stretch of `windowMs`: exact, as it keeps the time of each event that still counts. Memory is in
 * proportion to those; none is taken before the first event.
 */
export class SlidingWindow {
  readonly #limit: number;
  readonly #windowMs: number;
  #times: number[] = [];
  #oldest = 0;

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** Counts an event at `now` (ms): 0 when it is within the limit, else the ms until the next one would be; then it is not counted. */
  take(now: number): number {
    const waitMs = this.wait(now);
    if (waitMs === 0) this.add(now);
    return waitMs;
  }

  /** The same without counting it. */
  wait(now: number): number {
    this.#forget(now);
    return this.count < this.#limit ? 0 : Math.max(1, this.#times[this.#oldest]! + this.#windowMs - now);
  }

  /** Counts an event that `wait` has let pass. */
  add(now: number): void {
    this.#times.push(now);
  }

  /** Events that count, as of the last call. */
  get count(): number {
    return this.#times.length - this.#oldest;
  }

  /** Whether nothing counts any more at `now`. */
  isIdle(now: number): boolean {
    this.#forget(now);
    return this.count === 0;
  }

  #forget(now: number): void {
    const times = this.#times;
    const until = now - this.#windowMs;
    while (this.#oldest < times.length && times[this.#oldest]! <= until) this.#oldest += 1;
    if (this.#oldest === 0) return;
    if (this.#oldest === times.length) {
      this.#times = [];
      this.#oldest = 0;
    } else if (this.#oldest >= 64 && this.#oldest * 2 >= times.length) {
      this.#times = times.slice(this.#oldest);
      this.#oldest = 0;
    }
  }
}
