import type { RotatedSecret } from '@parley/common/contracts/webhook';
import type { RequestHandler } from 'express';
import type { WebhookStore } from './webhook-store.ts';

/** `POST /api/webhooks/:id/rotate-secret`: the answer shows the new secret, once. */
export function rotateSecretRoute(webhooks: WebhookStore, secretOverlapMs: number): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const now = Date.now();
    const secret = await webhooks.rotateSecret(req.params.id, now);
    const rotated: RotatedSecret = { secret, previousUntil: new Date(now + secretOverlapMs).toISOString() };
    res.json(rotated);
  };
}
