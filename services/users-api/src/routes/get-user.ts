import { sendTagged } from '@parley/common/runtime/conditional';
import type { RequestHandler } from 'express';
import { actorOf } from '../authenticate.ts';
import type { Parts } from '../parts.ts';
import { requireUserRow } from '../users/find-users.ts';
import { userIdOf } from '../users/user-path.ts';
import { etagFor, userFor } from '../users/user-view.ts';

/** `GET /api/users/:id` */
export function getUserRoute({ database: { db } }: Pick<Parts, 'database'>): RequestHandler {
  return async (req, res) => {
    const actor = actorOf(req);
    const row = await requireUserRow(db, userIdOf(req));
    sendTagged(req, res, etagFor(actor, row), userFor(actor, row));
  };
}
