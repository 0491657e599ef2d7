/** Posts that a connection may make in any window of so many ms; chat-ws says it at login. */
export type PostRate = { posts: number; postsWindowMs: number };

/**
 * On a new link chat-ws counts a session's posts from zero, but all that were unanswered come at once. They passed the
 * limit the first time and must not be refused now, so they go in bursts: when a whole burst is answered, and a window has
 * passed since, none of it counts any more, however late chat-ws got to see it. Times in ms.
 */
export class ResendPace {
  readonly #rate: PostRate;
  readonly #unanswered = new Set<number>();
  #left: number;
  #until = Number.NEGATIVE_INFINITY;

  constructor(rate: PostRate) {
    this.#rate = rate;
    this.#left = rate.posts;
  }

  /** 0: post `n` may go now. Else how long it has to wait; infinity: for an answer. */
  take(n: number, now: number): number {
    if (this.#left === 0 && this.isOver(now)) this.#left = this.#rate.posts;
    if (this.#left === 0) return this.#unanswered.size > 0 ? Number.POSITIVE_INFINITY : this.#until - now;
    this.#left -= 1;
    this.#unanswered.add(n);
    return 0;
  }

  /** What was sent under this number is answered, or given up. */
  done(n: number, now: number): void {
    if (this.#unanswered.delete(n)) this.#until = now + this.#rate.postsWindowMs;
  }

  /** Whether nothing counts any more, so that nothing has to be spread. */
  isOver(now: number): boolean {
    return this.#unanswered.size === 0 && now >= this.#until;
  }
}
