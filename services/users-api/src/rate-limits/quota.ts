import { ParleyError } from '@parley/common/runtime/errors';
import type { Response } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** What is left of a window after a try; `resetMs`: until the next window. */
export type Quota = { limit: number; remaining: number; resetMs: number; isOver: boolean };

export type Limiter = {
  /** Counts a try. */
  take(key: string): Promise<Quota>;
  /** Takes a try back that turned out well. */
  giveBack(key: string): Promise<void>;
  forget(key: string): Promise<void>;
};

/** So many tries for a key in a window that begins with the first; in this process's memory. */
export function createLimiter({ limit, windowMs }: { limit: number; windowMs: number }): Limiter {
  const limiter = new RateLimiterMemory({ points: limit, duration: windowMs / 1000 });
  return {
    async take(key) {
      try {
        return toQuota(limit, await limiter.consume(key), false);
      } catch (over) {
        if (!(over instanceof RateLimiterRes)) throw over;
        return toQuota(limit, over, true);
      }
    },
    async giveBack(key) {
      await limiter.reward(key);
    },
    async forget(key) {
      await limiter.delete(key);
    },
  };
}

function toQuota(limit: number, { remainingPoints, msBeforeNext }: RateLimiterRes, isOver: boolean): Quota {
  return { limit, remaining: remainingPoints, resetMs: msBeforeNext, isOver };
}

/** Tells the client how it stands (draft-ietf-httpapi-ratelimit-headers-03). @throws ParleyError RATE_LIMITED */
export function sendQuota(res: Response, { limit, remaining, resetMs, isOver }: Quota): void {
  res.set({
    'RateLimit-Limit': String(limit),
    'RateLimit-Remaining': String(remaining),
    'RateLimit-Reset': String(Math.ceil(resetMs / 1000)),
  });
  if (isOver) throw new ParleyError('RATE_LIMITED', 'Too many tries; wait before the next.', { retryAfterMs: resetMs });
}
