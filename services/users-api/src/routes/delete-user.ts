import { requireMatch } from '@parley/common/runtime/conditional';
import type { RequestHandler } from 'express';
import { actorOf, requireSelfOrAdmin } from '../authenticate.ts';
import type { Parts } from '../parts.ts';
import { requireUserRow } from '../users/find-users.ts';
import { removeUser } from '../users/remove-user.ts';
import { userIdOf } from '../users/user-path.ts';
import { fullEtag } from '../users/user-view.ts';

/** `DELETE /api/users/:id`: ends all sessions of the user with it. */
export function deleteUserRoute({ database: { db }, changeUsers, feed }: Parts): RequestHandler {
  return async (req, res) => {
    const id = userIdOf(req);
    await requireUserRow(db, id);
    requireSelfOrAdmin(actorOf(req), id);
    await changeUsers(async (trx) => {
      const row = await requireUserRow(trx, id);
      requireMatch(req, fullEtag(row));
      await removeUser(trx, row, { feed, at: Date.now() });
    });
    res.status(204).end();
  };
}
