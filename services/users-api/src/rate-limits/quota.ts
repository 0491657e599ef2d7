import { ParleyError } from '@parley/common/runtime/errors';
import type { Response } from 'express';

/** What is left of a window after a try; `resetMs`: until the next window. */
export type Quota = { limit: number; remaining: number; resetMs: number; isOver: boolean };

/** Tells the client how it stands (draft-ietf-httpapi-ratelimit-headers-03). @throws ParleyError RATE_LIMITED */
export function sendQuota(res: Response, { limit, remaining, resetMs, isOver }: Quota): void {
  res.set({
    'RateLimit-Limit': String(limit),
    'RateLimit-Remaining': String(remaining),
    'RateLimit-Reset': String(Math.ceil(resetMs / 1000)),
  });
  if (isOver) throw new ParleyError('RATE_LIMITED', 'Too many tries; wait before the next.', { retryAfterMs: resetMs });
}
