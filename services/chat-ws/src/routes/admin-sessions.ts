import { closeCodes } from '@parley/common/contracts/chat/close-code';
import { chatSessionParams, chatSessionsQuery } from '@parley/common/contracts/chat-session';
import { allowMethods } from '@parley/common/runtime/allow-methods';
import { ParleyError } from '@parley/common/runtime/errors';
import { parseParams, parseQuery, sendPage } from '@parley/common/runtime/http-input';
import type { Express } from 'express';
import { describeSession } from '../sessions/describe-session.ts';
import { resumedSession } from '../sessions/session-ticket.ts';
import { requireAdmin } from './require-admin.ts';
import type { RouteOptions } from './route-options.ts';

/** `GET /api/admin/sessions` and `DELETE /api/admin/sessions/:id`: the clients of this process, and the end of one. */
export function mountAdminSessions(app: Express, { chat, users }: RouteOptions): void {
  const path = '/api/admin/sessions';
  app.get(path, users, requireAdmin, (req, res) => {
    const { page, per_page: perPage, user } = parseQuery(chatSessionsQuery, req);
    const from = (page - 1) * perPage;
    let total = 0;
    const items = [];
    for (const session of chat.sessions.values()) {
      if (user !== undefined && session.identity?.user.id !== user) continue;
      if (total >= from && items.length < perPage) items.push(describeSession(chat.instance, session));
      total += 1;
    }
    sendPage(req, res, { items, page, perPage, total });
  });
  allowMethods(app, path, 'GET');

  app.delete(`${path}/:id`, users, requireAdmin, (req, res) => {
    const session = resumedSession(chat, parseParams(chatSessionParams, req).id);
    if (session === undefined) throw new ParleyError('NOT_FOUND', 'There is no such session here.');
    chat.logger.info({ user: session.identity?.user.id, peer: session.address }, 'a session is ended by an admin');
    session.end(closeCodes.policy, 'ended by an administrator');
    res.status(204).end();
  });
  allowMethods(app, `${path}/:id`, 'DELETE');
}
