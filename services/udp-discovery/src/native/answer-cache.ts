import { createHash } from 'node:crypto';
import type { UdpPeer } from '@parley/net/datagram-queue';

/** For as long a repetition of a datagram may come (EXCHANGE_LIFETIME of RFC 7252 §4.8.2). */
export const EXCHANGE_LIFETIME_MS = 247_000;

type Kept = { answer: Uint8Array; at: number };

/**
 * The answers that were given, so that a request that comes twice has its effect once and both copies get the same
 * answer (RFC 7252 §4.5). Bounded: the oldest go first. Only signed requests are to be kept, or anybody could flush it.
 */
export class AnswerCache {
  readonly #kept = new Map<string, Kept>();
  readonly #maxAnswers: number;

  constructor(maxAnswers: number) {
    this.#maxAnswers = maxAnswers;
  }

  get size(): number {
    return this.#kept.size;
  }

  find(request: Uint8Array, from: UdpPeer, now: number): Uint8Array | undefined {
    const kept = this.#kept.get(keyOf(request, from));
    return kept && now - kept.at < EXCHANGE_LIFETIME_MS ? kept.answer : undefined;
  }

  keep(request: Uint8Array, from: UdpPeer, { answer, now }: { answer: Uint8Array; now: number }): void {
    const key = keyOf(request, from);
    this.#kept.delete(key);
    this.#kept.set(key, { answer, at: now });
    for (const [oldest, { at }] of this.#kept) {
      if (this.#kept.size <= this.#maxAnswers && now - at < EXCHANGE_LIFETIME_MS) break;
      this.#kept.delete(oldest);
    }
  }
}

/** A repetition has the same bytes and the same sender; the same request id alone would not do after a restart. */
function keyOf(request: Uint8Array, { address, port }: UdpPeer): string {
  return `${address}|${port}|${createHash('sha256').update(request).digest('base64')}`;
}
