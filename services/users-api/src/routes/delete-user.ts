import { requireMatch } from '@parley/common/runtime/conditional';
import type { RequestHandler } from 'express';
import { actorOf, presentActor, requireSelfOrAdmin } from '../authenticate.ts';
import type { Parts } from '../parts.ts';
import { requireUserRow } from '../users/find-users.ts';
import { removeUser } from '../users/remove-user.ts';
import { userIdOf } from '../users/user-path.ts';
import { fullEtag } from '../users/user-view.ts';

/** `DELETE /api/users/:id`: ends all sessions of the user with it. */
export function deleteUserRoute({ changeUsers, feed }: Pick<Parts, 'changeUsers' | 'feed'>): RequestHandler {
  return async (req, res) => {
    const [id, actor] = [userIdOf(req), actorOf(req)];
    requireSelfOrAdmin(actor, id);
    await changeUsers(async (trx) => {
      requireSelfOrAdmin(await presentActor(trx, actor), id);
      const row = await requireUserRow(trx, id);
      requireMatch(req, fullEtag(row));
      await removeUser(trx, row, { feed, at: Date.now() });
    });
    res.status(204).end();
  };
}
