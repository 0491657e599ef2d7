/** Clocks and networks are not exact: the window is taken to be this much longer than the server says. */
const margin = 1.1;

/** Keeps a sender within the server's limit of so many in any window, so that it is not refused. Times in ms. */
export class Pace {
  #limit = Number.POSITIVE_INFINITY;
  #windowMs = 0;
  #times: number[] = [];

  /** As `auth_success` tells it. */
  set(limit: number, windowMs: number): void {
    this.#limit = limit;
    this.#windowMs = windowMs * margin;
  }

  /** How long the next one has to wait; 0: it may go. */
  waitMs(now: number): number {
    while (this.#times.length > 0 && this.#times[0]! <= now - this.#windowMs) this.#times.shift();
    return this.#times.length < this.#limit ? 0 : this.#times[0]! + this.#windowMs - now;
  }

  sent(now: number): void {
    this.#times.push(now);
  }
}
