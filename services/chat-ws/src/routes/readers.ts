import { type Identity, identityOf, requireUser, type TokenVerifier } from '@parley/common/runtime/access-tokens';
import type { Request, RequestHandler } from 'express';
import type { Chat } from '../chat.ts';
import { readerOf } from '../limits/reader-of.ts';
import type { Sender } from '../log/room-log.ts';
import { type Actor, anybody } from '../rooms/rights.ts';

/** Lets users pass and, where guests are let in, who says nothing of who it is. A token that is given has to be good. */
export function createReaders(verifier: TokenVerifier, guests: boolean): RequestHandler {
  const users = requireUser(verifier);
  return (req, res, next) => {
    if (guests && req.headers.authorization === undefined) return next();
    return users(req, res, next);
  };
}

/** As who a request reads that `createReaders` let pass. */
export function readingAs(req: Request): Actor {
  return req.headers.authorization === undefined ? anybody : actingAs(identityOf(req));
}

/** Reads the database when those who ask for more have let it. @throws ParleyError RATE_LIMITED */
export function readInTurn<T>(
  { reads }: Pick<Chat, 'reads'>,
  req: Request,
  read: (actor: Actor) => Promise<T>,
): Promise<T> {
  const actor = readingAs(req);
  return reads.run(readerOf(actor, req.ip ?? ''), () => read(actor));
}

/** As who a user acts. */
export function actingAs({ id, name, role }: Identity): Actor & Sender {
  return { id, name, guest: false, admin: role === 'admin' };
}
