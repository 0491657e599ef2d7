import { SlidingWindow } from '../sessions/sliding-window.ts';

/** So many users may be remembered before those who have been quiet are forgotten. */
const forgetAt = 10_000;

/** A sliding window for each user who posts by REST. */
export class UserRates {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #windows = new Map<string, SlidingWindow>();

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** 0 when the user may, else the ms to wait. */
  take(user: string, now: number): number {
    if (this.#windows.size >= forgetAt) this.#forget(now);
    let window = this.#windows.get(user);
    if (window === undefined) {
      window = new SlidingWindow(this.#limit, this.#windowMs);
      this.#windows.set(user, window);
    }
    return window.take(now);
  }

  #forget(now: number): void {
    for (const [user, window] of this.#windows) if (window.isIdle(now)) this.#windows.delete(user);
  }
}
