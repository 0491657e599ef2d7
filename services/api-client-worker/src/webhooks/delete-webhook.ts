import { requireMatch } from '@parley/common/runtime/conditional';
import type { RequestHandler } from 'express';
import { etagOf } from './webhook-row.ts';
import type { WebhookStore } from './webhook-store.ts';

/** `DELETE /api/webhooks/:id`: its jobs are deleted with it. */
export function deleteWebhookRoute(webhooks: WebhookStore): RequestHandler<{ id: string }> {
  return async (req, res) => {
    await webhooks.delete(req.params.id, (current) => requireMatch(req, etagOf(current)));
    res.status(204).end();
  };
}
