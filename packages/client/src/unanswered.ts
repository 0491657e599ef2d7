import { ParleyError } from '@parley/common/runtime/errors';
import { Pace } from './pace.ts';

/** A request until it is answered. `deadline` and `notBefore`: on the clock of `performance.now()`. */
export type Request<M, A> = {
  readonly id: number;
  readonly message: M;
  readonly deadline: number;
  /** The server refused it for the moment; this is why, and until when it is not asked again. */
  refusal?: { error: Error; notBefore: number } | undefined;
  isSent: boolean;
  /** It was sent at least once, so the server may have taken it. */
  mayBeTaken: boolean;
  answer(answer: A): void;
  fail(error: Error): void;
};

export type UnansweredLimits = {
  /** Requests without an answer, sent or not. */
  most: number;
  /** Requests that are under way at the same time. */
  underWay: number;
};

/**
 * Requests that are repeated until they are answered or their time is over, in the order in which they were made. A request is
 * waiting → sent → answered; sent → waiting when the connection is lost or the server refuses it for the moment. While one
 * waits, none behind it is sent.
 */
export class Unanswered<M, A> {
  readonly #limits: UnansweredLimits;
  readonly #requests = new Map<number, Request<M, A>>();
  readonly pace = new Pace();
  #underWay = 0;
  /** The last answer was that the server can take nothing now: one is tried alone. */
  #isRefused = false;

  constructor(limits: UnansweredLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#requests.size;
  }

  /** @throws ParleyError LIMIT_REACHED when too many are waiting already */
  add(request: Omit<Request<M, A>, 'isSent' | 'mayBeTaken' | 'refusal'>): void {
    if (this.#requests.size >= this.#limits.most) {
      throw new ParleyError('LIMIT_REACHED', `${this.#limits.most} requests wait for answers already; wait for some.`);
    }
    this.#requests.set(request.id, { ...request, isSent: false, mayBeTaken: false });
  }

  /** What is to be sent now; it counts as sent. */
  *takeSendable(now: number): Generator<Request<M, A>> {
    for (const request of this.#requests.values()) {
      if (request.isSent) continue;
      if (this.#isFull || this.#waitMs(request, now) > 0) return;
      request.isSent = true;
      request.mayBeTaken = true;
      request.refusal = undefined;
      this.#underWay += 1;
      this.pace.sent(now);
      yield request;
    }
  }

  /** Takes the request with this id out; undefined when there is none. */
  settle(id: unknown): Request<M, A> | undefined {
    const request = this.#requests.get(id as number);
    if (request === undefined) return undefined;
    this.#requests.delete(request.id);
    if (request.isSent) {
      this.#underWay -= 1;
      this.#isRefused = false;
    }
    return request;
  }

  /** The server cannot take it now. False when there is no request with this id. */
  refused(id: unknown, refusal: { error: Error; notBefore: number }): boolean {
    const request = this.#requests.get(id as number);
    if (request === undefined) return false;
    if (request.isSent) this.#underWay -= 1;
    request.isSent = false;
    request.refusal = refusal;
    this.#isRefused = true;
    return true;
  }

  /** The connection is lost: what was sent may have been taken or not, and is sent again. */
  lost(): void {
    for (const request of this.#requests.values()) request.isSent = false;
    this.#underWay = 0;
  }

  /** Takes out those of which this is true. */
  take(isIt: (request: Request<M, A>) => boolean): Request<M, A>[] {
    const taken = [...this.#requests.values()].filter(isIt);
    for (const { id } of taken) this.settle(id);
    return taken;
  }

  /** In how many ms something has to be done that no event will tell of: a deadline, or the next one may be sent. Infinity: never. */
  dueInMs(now: number): number {
    let due = Number.POSITIVE_INFINITY;
    let first: Request<M, A> | undefined;
    for (const request of this.#requests.values()) {
      due = Math.min(due, request.deadline - now);
      if (!request.isSent) first ??= request;
    }
    const waitMs = first === undefined || this.#isFull ? 0 : this.#waitMs(first, now);
    return Math.max(0, waitMs > 0 ? Math.min(due, waitMs) : due);
  }

  get #isFull(): boolean {
    return this.#underWay >= (this.#isRefused ? 1 : this.#limits.underWay);
  }

  #waitMs({ refusal }: Request<M, A>, now: number): number {
    return Math.max(this.pace.waitMs(now), refusal === undefined ? 0 : refusal.notBefore - now);
  }
}
