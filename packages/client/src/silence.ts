/**
 * Finds out that nobody is there any more. When nothing has been heard for `quietMs` a ping is due; when nothing was heard for
 * `answerMs` after it, the connection is dead. A late timer (a laptop that slept, a tab in the background) kills no connection:
 * only a ping that went out and was not answered does. Times in ms.
 */
export class Silence {
  readonly #quietMs: number;
  readonly #answerMs: number;
  #heardAt: number;
  #pingedAt: number | undefined = undefined;

  constructor(now: number, { quietMs, answerMs }: { quietMs: number; answerMs: number }) {
    this.#quietMs = quietMs;
    this.#answerMs = answerMs;
    this.#heardAt = now;
  }

  /** Something came in. */
  heard(now: number): void {
    this.#heardAt = now;
    this.#pingedAt = undefined;
  }

  /** To be asked often. */
  check(now: number): 'ok' | 'ping' | 'dead' {
    if (this.#pingedAt !== undefined) return now - this.#pingedAt >= this.#answerMs ? 'dead' : 'ok';
    if (now - this.#heardAt < this.#quietMs) return 'ok';
    this.#pingedAt = now;
    return 'ping';
  }
}
