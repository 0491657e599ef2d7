import { pageQuery } from '@parley/common/contracts/list';
import { parseQuery, sendPage } from '@parley/common/runtime/http-input';
import type { RequestHandler } from 'express';
import { webhookOf } from './webhook-row.ts';
import type { WebhookStore } from './webhook-store.ts';

/** `GET /api/webhooks`: oldest first. */
export function listWebhooksRoute(webhooks: WebhookStore): RequestHandler {
  return async (req, res) => {
    const { page, per_page: perPage } = parseQuery(pageQuery, req);
    const { rows, total } = await webhooks.list(page, perPage);
    sendPage(req, res, { items: rows.map(webhookOf), page, perPage, total });
  };
}
