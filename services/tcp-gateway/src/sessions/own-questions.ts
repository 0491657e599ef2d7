import type { Answer } from '@parley/common/dialogue/question';

type Waiting = { deadline: number; answered: (answer: Answer) => void };

/**
 * What a session asks for itself when it moves to another link. It depends on that link, and is void when the link is
 * lost. Numbers are negative: those of the client's questions are not.
 */
export class OwnQuestions {
  readonly #waiting = new Map<number, Waiting>();
  #numbers = 0;

  get size(): number {
    return this.#waiting.size;
  }

  /** Gives the number of one that is asked now. */
  add(deadline: number, answered: (answer: Answer) => void): number {
    this.#numbers -= 1;
    this.#waiting.set(this.#numbers, { deadline, answered });
    return this.#numbers;
  }

  answer(n: number, answer: Answer): void {
    const waiting = this.#waiting.get(n);
    this.#waiting.delete(n);
    waiting?.answered(answer);
  }

  /** Those whose time is over are answered so. */
  expire(now: number, answer: Answer): void {
    for (const [n, { deadline }] of this.#waiting) if (deadline <= now) this.answer(n, answer);
  }

  clear(): void {
    this.#waiting.clear();
  }
}
