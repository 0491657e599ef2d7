import { replaceUser } from '@parley/common/contracts/user';
import { parseBody } from '@parley/common/runtime/http-input';
import type { RequestHandler } from 'express';
import type { Parts } from '../parts.ts';
import { applyChange } from '../users/apply-change.ts';
import { userIdOf } from '../users/user-path.ts';
import { fullEtag, toUser } from '../users/user-view.ts';

/** `PUT /api/users/:id`: everything that can be set; role and password stay when they are absent. */
export function replaceUserRoute(parts: Parts): RequestHandler {
  return async (req, res) => {
    const row = await applyChange(parts, { req, res, id: userIdOf(req), change: parseBody(replaceUser, req) });
    res.set('ETag', fullEtag(row)).json(toUser(row));
  };
}
