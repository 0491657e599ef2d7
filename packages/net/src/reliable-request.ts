import { backoffMs } from './backoff.ts';
import { type FailedAttempt, NetError, reasonOf } from './net-error.ts';

/** The transmission parameters of RFC 7252 §4.8. */
export type Retransmission = {
  /** Wait for the answer to the first attempt, before the random factor. */
  ackTimeoutMs: number;
  /** The first wait is multiplied with a number between 1 and this. */
  ackRandomFactor: number;
  /** After the first attempt; the wait doubles each time. */
  maxRetransmissions: number;
};

export const defaultRetransmission: Retransmission = {
  ackTimeoutMs: 2000,
  ackRandomFactor: 1.5,
  maxRetransmissions: 4,
};

/** How long each attempt waits for the answer, in ms (RFC 7252 §4.2): one random factor for all, doubled each time. */
export function attemptWaits(
  { ackTimeoutMs, ackRandomFactor, maxRetransmissions }: Retransmission,
  random: number,
): number[] {
  const backoff = { baseMs: ackTimeoutMs, factor: 2, spread: { from: 1, to: ackRandomFactor } };
  return Array.from({ length: maxRetransmissions + 1 }, (_, attempt) => backoffMs(backoff, attempt, random));
}

export type ReliableRequest = {
  /** What finds the answer again; no two requests under way share one. */
  key: string;
  /** Whom it goes to, for the error. */
  target: string;
  /** Hands the request to the network; called once per attempt, always with the same bytes. */
  send: () => Promise<void>;
  retransmission?: Retransmission;
  signal?: AbortSignal;
};

/**
 * Confirmable requests over datagrams: each is repeated until its answer comes or its attempts are used up. Whoever
 * receives datagrams hands the answers to `settle`.
 */
export class ReliableRequests<Answer> {
  readonly #pending = new Map<string, (answer: Answer) => void>();
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** @throws NetError NO_ANSWER, with one entry in `attempts` for each that failed; CLOSED (aborted) */
  async request(request: ReliableRequest): Promise<Answer> {
    const { key, target, send, retransmission = defaultRetransmission, signal } = request;
    if (this.#pending.has(key)) throw new Error(`a request with the key ${key} is under way`);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const waits = attemptWaits(retransmission, this.#random());
    const attempts: FailedAttempt[] = [];
    let timer: NodeJS.Timeout | undefined;
    const attempt = (waitMs: number) => {
      let reason = `no answer within ${waitMs} ms`;
      // A send that fails (no route, port unreachable) is a failed attempt like any other: the next one may pass.
      send().catch((err: unknown) => {
        reason = reasonOf(err);
      });
      timer = setTimeout(() => {
        attempts.push({ target, reason });
        const nextWaitMs = waits[attempts.length];
        if (nextWaitMs !== undefined) attempt(nextWaitMs);
        else
          reject(
            new NetError('NO_ANSWER', `${target}: ${attempts.length} attempts failed, the last: ${reason}`, {
              attempts,
            }),
          );
      }, waitMs);
    };
    const onAbort = () => {
      const sent = timer === undefined ? 0 : attempts.length + 1;
      reject(new NetError('CLOSED', `${target}: given up after ${sent} attempts without an answer`, { attempts }));
    };
    this.#pending.set(key, resolve);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      if (signal?.aborted) onAbort();
      else attempt(waits[0] ?? 0);
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#pending.delete(key);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Hands in an answer. False when no request waits for it: a late repetition, or somebody's invention. */
  settle(key: string, answer: Answer): boolean {
    const answered = this.#pending.get(key);
    answered?.(answer);
    return answered !== undefined;
  }
}
