import { createHmac, timingSafeEqual } from 'node:crypto';

/** Of the HMAC; as long as a client cookie and a server cookie of RFC 7873 together. */
const COOKIE_BYTES = 16;

/** A cookie is good for the period that it was made in and the one after. */
const PERIOD_MS = 300_000;

/**
 * Cookies prove that a sender receives what is sent to its address: who forges addresses never sees the cookie that
 * goes there. They are computed, not kept, so that a flood of requests costs no memory.
 */
export class Cookies {
  readonly #secret: Uint8Array;

  /** @param secret random bytes, new with each start */
  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  issue(address: string, now: number): Buffer {
    return this.#cookie(address, Math.floor(now / PERIOD_MS));
  }

  isValid(cookie: Uint8Array | undefined, address: string, now: number): boolean {
    if (cookie?.length !== COOKIE_BYTES) return false;
    const period = Math.floor(now / PERIOD_MS);
    return [period, period - 1].some((candidate) => timingSafeEqual(this.#cookie(address, candidate), cookie));
  }

  #cookie(address: string, period: number): Buffer {
    return createHmac('sha256', this.#secret).update(`${period} ${address}`).digest().subarray(0, COOKIE_BYTES);
  }
}
