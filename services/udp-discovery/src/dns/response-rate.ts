import { networkOf } from '@parley/net/network-of';

export type ResponseRateOptions = {
  /** For one network; so many can come at once. */
  perSecond: number;
  /** Counted at the same time; beyond it the one longest unheard of is forgotten. */
  maxNetworks: number;
};

type Bucket = { tokens: number; at: number };

/**
 * Response rate limiting: a token bucket per network of askers. Senders of UDP can be forged, and who forges them hits a
 * whole network, so it is networks that are counted. Pure: the time (ms) comes with every call.
 */
export class ResponseRate {
  /** The one heard of last is last. */
  readonly #buckets = new Map<string, Bucket>();
  readonly #options: ResponseRateOptions;

  constructor(options: ResponseRateOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Whether this address's network may be sent one more response; if so, it is counted. */
  take(address: string, now: number): boolean {
    const { perSecond, maxNetworks } = this.#options;
    const network = networkOf(address, { ipv4Bits: 24 });
    const before = this.#buckets.get(network) ?? { tokens: perSecond, at: now };
    const tokens = Math.min(perSecond, before.tokens + ((now - before.at) * perSecond) / 1000);
    const isAllowed = tokens >= 1;
    this.#buckets.delete(network);
    this.#buckets.set(network, { tokens: isAllowed ? tokens - 1 : tokens, at: now });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > maxNetworks && oldest !== undefined) this.#buckets.delete(oldest);
    return isAllowed;
  }
}
