import type { RequestHandler } from 'express';
import { addressKey } from './address-key.ts';
import { type Limiter, sendQuota } from './quota.ts';

/** Lets so many requests of one address pass. */
export function limitByAddress(limiter: Limiter): RequestHandler {
  return async (req, res, next) => {
    sendQuota(res, await limiter.take(addressKey(req.ip)));
    next();
  };
}
