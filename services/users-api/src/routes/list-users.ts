import { pageQuery } from '@parley/common/contracts/list';
import { parseQuery, sendPage } from '@parley/common/runtime/http-input';
import type { RequestHandler } from 'express';
import { actorOf } from '../authenticate.ts';
import type { Parts } from '../parts.ts';
import { countUsers, pageOfUsers } from '../users/find-users.ts';
import { userFor } from '../users/user-view.ts';

/** `GET /api/users`, in the order in which they came. */
export function listUsersRoute({ database: { db } }: Pick<Parts, 'database'>): RequestHandler {
  return async (req, res) => {
    const { page, per_page: perPage } = parseQuery(pageQuery, req);
    const actor = actorOf(req);
    const total = await countUsers(db);
    const offset = (page - 1) * perPage;
    const rows = offset < total ? await pageOfUsers(db, offset, perPage) : [];
    sendPage(req, res, { items: rows.map((row) => userFor(actor, row)), page, perPage, total });
  };
}
