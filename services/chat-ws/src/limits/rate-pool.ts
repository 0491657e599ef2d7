import { SlidingWindow } from '../sessions/sliding-window.ts';

export type RatePoolOptions = { limit: number; windowMs: number; maxNames: number };

/**
 * A sliding window for each name (a user, an address), in the order of their last use. A name without an event in the window takes no
 * memory for long: with each look the one that was unused longest is forgotten if it is idle, and so it is, idle or not, when there
 * would be more than `maxNames`. Who makes up names only forgets its own counts.
 */
export class RatePool {
  readonly #options: RatePoolOptions;
  readonly #windows = new Map<string, SlidingWindow>();

  constructor(options: RatePoolOptions) {
    this.#options = options;
  }

  /** Names that are remembered. */
  get size(): number {
    return this.#windows.size;
  }

  /** 0 when the name may go on at `now`, else the ms until it may. Nothing is counted. */
  wait(name: string, now: number): number {
    return this.#windows.get(name)?.wait(now) ?? 0;
  }

  /** Counts an event that `wait` has let pass. */
  add(name: string, now: number): void {
    this.#forget(now);
    const { limit, windowMs } = this.#options;
    const window = this.#windows.get(name) ?? new SlidingWindow(limit, windowMs);
    window.add(now);
    this.#windows.delete(name);
    this.#windows.set(name, window);
  }

  /** Two go for one that comes, so that after a crowd the memory is free again; each costs the same, however many there are. */
  #forget(now: number): void {
    for (let n = 0; n < 2; n++) {
      const [first] = this.#windows;
      if (first === undefined) return;
      const [name, window] = first;
      if (!window.isIdle(now) && this.#windows.size < this.#options.maxNames) return;
      this.#windows.delete(name);
    }
  }
}
