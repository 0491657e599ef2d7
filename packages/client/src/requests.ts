import type { ClientMessage } from '@parley/common/contracts/chat/client-message';
import { parseClientMessage } from '@parley/common/contracts/chat/client-message';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { ERRORS, ParleyError } from '@parley/common/runtime/errors';
import { type Backoff, backoffMs } from '@parley/net/backoff';
import { type Request, Unanswered, type UnansweredLimits } from './unanswered.ts';

export type RequestsOptions = {
  /** For posts and what else changes a room, and for reads. */
  limits: UnansweredLimits;
  backoff: Backoff;
  random: () => number;
  newId(): number;
  send(message: ClientMessage): void;
};

type Answer<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>;
type Queue = Unanswered<ClientMessage, ServerMessage>;
type Pending = Request<ClientMessage, ServerMessage>;

export type Asked<T> = {
  message: ClientMessage;
  /** The type of the answer. */
  answer: T;
  /** From now until it is given up, in ms. */
  ms: number;
};

/** Sends requests over whatever connection there is, again after a break, until each has its answer or its time is over. */
export class Requests {
  readonly #options: RequestsOptions;
  /** In the order in which they were made, at the pace that the server allows. */
  readonly #changes: Queue;
  readonly #reads: Queue;
  #isOnline = false;
  #mostBytes = Number.POSITIVE_INFINITY;
  /** In a row. */
  #refusals = 0;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;

  constructor(options: RequestsOptions) {
    this.#options = options;
    this.#changes = new Unanswered(options.limits);
    this.#reads = new Unanswered(options.limits);
  }

  /** Changes that have no answer so far. */
  get unanswered(): number {
    return this.#changes.size;
  }

  /** @throws ParleyError as the server answered it; BAD_MESSAGE, LIMIT_REACHED at once; UNAVAILABLE when the time is over */
  change<T extends ServerMessage['type']>(asked: Asked<T>): Promise<Answer<T>> {
    return this.#ask(this.#changes, asked);
  }

  read<T extends ServerMessage['type']>(asked: Asked<T>): Promise<Answer<T>> {
    return this.#ask(this.#reads, asked);
  }

  /** `isSomebodyElse`: keys are told apart by user, so that what the last one sent cannot be repeated by this one. */
  online(limits: { messageBytes: number; posts: number; postsWindowMs: number }, isSomebodyElse: boolean): void {
    if (isSomebodyElse) {
      const doubtful = this.#changes.take(({ mayBeTaken }) => mayBeTaken);
      for (const request of doubtful)
        request.fail(new ParleyError('UNAVAILABLE', 'Nobody knows whether it was posted.'));
    }
    this.#isOnline = true;
    this.#mostBytes = limits.messageBytes;
    this.#changes.pace.set(limits.posts, limits.postsWindowMs);
    this.#pump();
  }

  offline(): void {
    this.#isOnline = false;
    this.#changes.lost();
    this.#reads.lost();
    this.#pump();
  }

  /** Whether this was the answer to one of them. */
  take(message: ServerMessage): boolean {
    const re = 're' in message ? message.re : undefined;
    if (re === undefined) return false;
    if (message.type === 'error' && ERRORS[message.code].retryable) return this.#refused(re, message);
    const request = this.#changes.settle(re) ?? this.#reads.settle(re);
    if (request === undefined) return false;
    this.#refusals = 0;
    if (message.type === 'error') request.fail(new ParleyError(message.code, message.message));
    else request.answer(message);
    this.#pump();
    return true;
  }

  /** Fails them all. */
  close(error: ParleyError): void {
    this.offline();
    for (const request of [...this.#changes.take(() => true), ...this.#reads.take(() => true)]) request.fail(error);
    clearTimeout(this.#timer);
  }

  async #ask<T extends ServerMessage['type']>(queue: Queue, { message, answer, ms }: Asked<T>): Promise<Answer<T>> {
    const id = this.#options.newId();
    const { promise, resolve, reject } = Promise.withResolvers<ServerMessage>();
    const deadline = performance.now() + ms;
    queue.add({ id, message: parseClientMessage({ ...message, id }), deadline, answer: resolve, fail: reject });
    this.#pump();
    const answered = await promise;
    if (answered.type === answer) return answered as Answer<T>;
    throw new ParleyError('INTERNAL', `The server answered ${message.type} with ${answered.type}.`);
  }

  #refused(re: unknown, { code, message, retryAfterMs }: Answer<'error'>): boolean {
    const { backoff, random } = this.#options;
    const waitMs = retryAfterMs ?? backoffMs(backoff, this.#refusals, random());
    const error = new ParleyError(code, message, { retryAfterMs: waitMs });
    const refusal = { error, notBefore: performance.now() + waitMs };
    if (!this.#changes.refused(re, refusal) && !this.#reads.refused(re, refusal)) return false;
    this.#refusals += 1;
    this.#pump();
    return true;
  }

  /** Does what is due now, and sets the timer for what is due next. */
  #pump(): void {
    const now = performance.now();
    for (const queue of [this.#changes, this.#reads]) {
      for (const request of queue.take(({ deadline }) => deadline <= now)) request.fail(tooLate(request));
      if (this.#isOnline) for (const request of queue.takeSendable(now)) this.#send(queue, request);
    }
    clearTimeout(this.#timer);
    const due = Math.min(this.#changes.dueInMs(now), this.#reads.dueInMs(now));
    if (due < Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.#pump(), due);
  }

  #send(queue: Queue, { id, message }: Pending): void {
    // An answer to one that is too large could not say which one it was.
    if (isLarger(JSON.stringify(message), this.#mostBytes)) {
      const error = new ParleyError('TOO_LARGE', `A message has at most ${this.#mostBytes} bytes.`);
      queue.settle(id)?.fail(error);
    } else this.#options.send(message);
  }
}

/** A UTF-16 unit is three bytes of UTF-8 at most. */
function isLarger(text: string, bytes: number): boolean {
  return text.length * 3 > bytes && new TextEncoder().encode(text).length > bytes;
}

function tooLate({ refusal, mayBeTaken }: Pending): Error {
  if (refusal !== undefined) return refusal.error;
  return new ParleyError(
    'UNAVAILABLE',
    mayBeTaken ? 'No answer in time; it may have been done all the same.' : 'No connection in time; nothing was sent.',
  );
}
