import { chatSubscribersQuery } from '@parley/common/contracts/chat-subscriber';
import { allowMethods } from '@parley/common/runtime/allow-methods';
import { parseQuery, sendPage } from '@parley/common/runtime/http-input';
import type { Express } from 'express';
import { laggingSubscribers } from '../sessions/lagging.ts';
import { requireAdmin } from './require-admin.ts';
import type { RouteOptions } from './route-options.ts';

/** `GET /api/admin/subscribers`: who of this process's clients is how far behind in which room. */
export function mountAdminSubscribers(app: Express, { chat, users }: RouteOptions): void {
  const path = '/api/admin/subscribers';
  app.get(path, users, requireAdmin, async (req, res) => {
    const query = parseQuery(chatSubscribersQuery, req);
    const { items, total } = await laggingSubscribers(chat.sessions.values(), chat.instance, query);
    sendPage(req, res, { items, page: query.page, perPage: query.per_page, total });
  });
  allowMethods(app, path, 'GET');
}
