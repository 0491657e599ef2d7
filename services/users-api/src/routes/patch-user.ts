import { patchUser } from '@parley/common/contracts/user';
import { parseBody } from '@parley/common/runtime/http-input';
import type { RequestHandler } from 'express';
import type { Parts } from '../parts.ts';
import { applyChange } from '../users/apply-change.ts';
import { userIdOf } from '../users/user-path.ts';
import { fullEtag, toUser } from '../users/user-view.ts';

/** `PATCH /api/users/:id`: what is given. */
export function patchUserRoute(parts: Parts): RequestHandler {
  return async (req, res) => {
    const row = await applyChange(parts, { req, res, id: userIdOf(req), change: parseBody(patchUser, req) });
    res.set('ETag', fullEtag(row)).json(toUser(row));
  };
}
