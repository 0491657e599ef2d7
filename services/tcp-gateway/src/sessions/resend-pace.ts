/** Posts that a connection may make in any window of so many ms; chat-ws says it at login. */
export type PostRate = { posts: number; postsWindowMs: number };

/**
 * On a new link chat-ws counts a session's posts from zero, but all that were unanswered come at once. They passed the
 * limit the first time and must not be refused now, so they are spread over windows. Times in ms.
 */
export class ResendPace {
  readonly #rate: PostRate;
  #left = 0;
  #until = Number.NEGATIVE_INFINITY;

  constructor(rate: PostRate) {
    this.#rate = rate;
  }

  /** 0: a post may go now. Else: how long it has to wait. */
  take(now: number): number {
    if (now >= this.#until) {
      this.#left = this.#rate.posts;
      this.#until = now + this.#rate.postsWindowMs;
    }
    if (this.#left === 0) return this.#until - now;
    this.#left -= 1;
    return 0;
  }

  /** Whether a window has passed since the last burst began, so that nothing has to be spread any more. */
  isOver(now: number): boolean {
    return now >= this.#until;
  }
}
