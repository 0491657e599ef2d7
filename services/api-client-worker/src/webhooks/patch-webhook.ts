import { patchWebhook } from '@parley/common/contracts/webhook';
import { requireMatch } from '@parley/common/runtime/conditional';
import { parseBody } from '@parley/common/runtime/http-input';
import type { RequestHandler } from 'express';
import { refuseTarget } from '../guard/refuse-target.ts';
import type { TargetPolicy } from '../guard/target-policy.ts';
import { etagOf, webhookOf } from './webhook-row.ts';
import type { WebhookStore } from './webhook-store.ts';

/** `PATCH /api/webhooks/:id`: what is already queued goes to the new address; what is disabled waits. */
export function patchWebhookRoute(webhooks: WebhookStore, policy: TargetPolicy): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const change = parseBody(patchWebhook, req);
    if (change.url !== undefined) refuseTarget(policy, change.url);
    const row = await webhooks.patch(req.params.id, change, Date.now(), (current) =>
      requireMatch(req, etagOf(current)),
    );
    res.set('ETag', etagOf(row)).json(webhookOf(row));
  };
}
