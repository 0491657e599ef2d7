import type { Request, RequestHandler } from 'express';
import type { Limiter } from './limiter.ts';
import { sendQuota } from './quota.ts';

/** Lets so many requests pass of one address, account or whatever `keyOf` tells. */
export function limitRequests(limiter: Limiter, keyOf: (req: Request) => string): RequestHandler {
  return (req, res, next) => {
    sendQuota(res, limiter.take(keyOf(req)));
    next();
  };
}
