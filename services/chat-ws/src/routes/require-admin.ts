import { identityOf } from '@parley/common/runtime/access-tokens';
import { ParleyError } from '@parley/common/runtime/errors';
import type { RequestHandler } from 'express';

/** Behind `requireUser`: lets only admins pass. */
export const requireAdmin: RequestHandler = (req, _res, next) => {
  if (identityOf(req).role !== 'admin') throw new ParleyError('FORBIDDEN', 'This needs the admin role.');
  next();
};
