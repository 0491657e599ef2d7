import { type Identity, identityOf, requireUser, type TokenVerifier } from '@parley/common/runtime/access-tokens';
import type { Request, RequestHandler } from 'express';

/** Lets users pass and, where guests are let in, who says nothing of who it is. A token that is given has to be good. */
export function createReaders(verifier: TokenVerifier, guests: boolean): RequestHandler {
  const users = requireUser(verifier);
  return (req, res, next) => {
    if (guests && req.headers.authorization === undefined) return next();
    return users(req, res, next);
  };
}

/** The user that `createReaders` let pass, if it was one. */
export function mayBeIdentityOf(req: Request): Identity | undefined {
  return req.headers.authorization === undefined ? undefined : identityOf(req);
}
