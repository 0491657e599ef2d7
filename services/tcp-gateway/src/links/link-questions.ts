import { ParleyError } from '@parley/common/runtime/errors';

type Waiting<Answer> = { deadline: number; resolve(answer: Answer): void; reject(failure: ParleyError): void };

/** What a link has asked chat-ws on its own behalf, by number, until it is answered or its time is over. */
export class LinkQuestions<Answer> {
  readonly #waiting = new Map<number, Waiting<Answer>>();
  #numbers = 0;

  /** Sends what `send` makes of the question's number. @throws ParleyError UNAVAILABLE, or as chat-ws says */
  ask(deadline: number, send: (n: number) => void): Promise<Answer> {
    this.#numbers += 1;
    const n = this.#numbers;
    return new Promise((resolve, reject) => {
      this.#waiting.set(n, { deadline, resolve, reject });
      send(n);
    });
  }

  answer(n: number, answer: Answer): void {
    this.#waiting.get(n)?.resolve(answer);
    this.#waiting.delete(n);
  }

  fail(n: number, failure: ParleyError): void {
    this.#waiting.get(n)?.reject(failure);
    this.#waiting.delete(n);
  }

  /** Gives up what is overdue. They were asked with one and the same patience, so the oldest come first. */
  expire(now: number): void {
    for (const [n, { deadline }] of this.#waiting) {
      if (deadline > now) return;
      this.fail(n, new ParleyError('UNAVAILABLE', 'There was no answer in time.'));
    }
  }

  close(): void {
    this.expire(Number.POSITIVE_INFINITY);
  }
}
