import { type CreatedWebhook, createWebhook } from '@parley/common/contracts/webhook';
import { parseBody } from '@parley/common/runtime/http-input';
import type { RequestHandler } from 'express';
import { refuseTarget } from '../guard/refuse-target.ts';
import type { TargetPolicy } from '../guard/target-policy.ts';
import { etagOf, webhookOf } from './webhook-row.ts';
import type { WebhookStore } from './webhook-store.ts';

/** `POST /api/webhooks`: the answer shows the secret, once. The endpoint gets what happens from now on. */
export function createWebhookRoute(webhooks: WebhookStore, policy: TargetPolicy): RequestHandler {
  return async (req, res) => {
    // Before anything is waited for: what happens from here on belongs to the endpoint.
    const now = Date.now();
    const wanted = parseBody(createWebhook, req);
    refuseTarget(policy, wanted.url);
    const { row, secret } = await webhooks.create(wanted, now);
    const created: CreatedWebhook = { ...webhookOf(row), secret };
    res.status(201).location(`/api/webhooks/${row.id}`).set('ETag', etagOf(row)).json(created);
  };
}
