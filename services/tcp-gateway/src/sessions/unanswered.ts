import type { Answer, Question } from '@parley/common/dialogue/question';

export type Request = {
  readonly n: number;
  readonly question: Question;
  /** The post was given its key here. */
  readonly hasOwnKey: boolean;
  readonly answered: (answer: Answer) => void;
  /** When it is given up. */
  deadline: number;
};

/** What one session has asked and not been told yet, in order; some of it is sent, some has to wait. */
export class Unanswered {
  readonly #requests = new Map<number, Request>();
  /** Not sent on the present link, in order. */
  #unsent: Request[] = [];
  #numbers = 0;

  get size(): number {
    return this.#requests.size;
  }

  add(request: Omit<Request, 'n'>): void {
    this.#numbers += 1;
    const added = { ...request, n: this.#numbers };
    this.#requests.set(added.n, added);
    this.#unsent.push(added);
  }

  /** The request that is answered now; undefined when it has been given up before. */
  take(n: number): Request | undefined {
    const request = this.#requests.get(n);
    this.#requests.delete(n);
    return request;
  }

  /** The first one that has to be sent; it stays so until `sent`. */
  nextUnsent(): Request | undefined {
    while (this.#unsent[0] !== undefined && !this.#requests.has(this.#unsent[0].n)) this.#unsent.shift();
    return this.#unsent[0];
  }

  /** The first unsent one is on its way. */
  sent(): void {
    this.#unsent.shift();
  }

  /** The link is gone: everything is to be sent again, in order. */
  lost(): void {
    this.#unsent = [...this.#requests.values()];
  }

  /** Gives all of them the same time from now on. */
  setDeadline(deadline: number): void {
    for (const request of this.#requests.values()) request.deadline = deadline;
  }

  /** Takes out those whose time is over. Deadlines never fall from one to the next, so it ends at the first that has time. */
  takeExpired(now: number): Request[] {
    const expired: Request[] = [];
    for (const [n, request] of this.#requests) {
      if (request.deadline > now) break;
      this.#requests.delete(n);
      expired.push(request);
    }
    return expired;
  }

  takeAll(): Request[] {
    return this.takeExpired(Number.POSITIVE_INFINITY);
  }
}
