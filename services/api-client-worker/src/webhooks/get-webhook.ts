import { sendTagged } from '@parley/common/runtime/conditional';
import type { Request, RequestHandler } from 'express';
import { etagOf, webhookOf } from './webhook-row.ts';
import type { WebhookStore } from './webhook-store.ts';

/** `GET /api/webhooks/:id` */
export function getWebhookRoute(webhooks: WebhookStore): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const row = await webhooks.get(req.params.id);
    sendTagged(req as Request, res, etagOf(row), webhookOf(row));
  };
}
