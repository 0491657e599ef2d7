import { pageQuery } from '@parley/common/contracts/list';
import { parseQuery, sendPage } from '@parley/common/runtime/http-input';
import type { RequestHandler } from 'express';
import { actorOf } from '../authenticate.ts';
import type { Parts } from '../parts.ts';
import { toSession } from '../sessions/session-view.ts';

/** `GET /api/auth/sessions`: one's own, the last used first. */
export function listSessionsRoute({ sessions }: Pick<Parts, 'sessions'>): RequestHandler {
  return async (req, res) => {
    const { page, per_page: perPage } = parseQuery(pageQuery, req);
    const actor = actorOf(req);
    const all = await sessions.list(actor.id);
    const items = all.slice((page - 1) * perPage, page * perPage).map((row) => toSession(actor, row));
    sendPage(req, res, { items, page, perPage, total: all.length });
  };
}
