import { allowMethods } from '@parley/common/runtime/allow-methods';
import type { Express, RequestHandler } from 'express';
import type { TargetPolicy } from '../guard/target-policy.ts';
import type { JobStore } from '../jobs/job-store.ts';
import { createWebhookRoute } from './create-webhook.ts';
import { deleteWebhookRoute } from './delete-webhook.ts';
import { getWebhookRoute } from './get-webhook.ts';
import { listWebhooksRoute } from './list-webhooks.ts';
import { patchWebhookRoute } from './patch-webhook.ts';
import { rotateSecretRoute } from './rotate-secret.ts';
import { testWebhookRoute } from './test-webhook.ts';
import type { WebhookStore } from './webhook-store.ts';

export type WebhookRoutesOptions = {
  webhooks: WebhookStore;
  jobs: JobStore;
  policy: TargetPolicy;
  secretOverlapMs: number;
  /** Lets pass who may manage endpoints. */
  guards: RequestHandler[];
};

export function mountWebhookRoutes(app: Express, options: WebhookRoutesOptions): void {
  const { webhooks, jobs, policy, secretOverlapMs, guards } = options;
  app.get('/api/webhooks', guards, listWebhooksRoute(webhooks));
  app.post('/api/webhooks', guards, createWebhookRoute(webhooks, policy));
  allowMethods(app, '/api/webhooks', 'GET', 'POST');
  app.get('/api/webhooks/:id', guards, getWebhookRoute(webhooks));
  app.patch('/api/webhooks/:id', guards, patchWebhookRoute(webhooks, policy));
  app.delete('/api/webhooks/:id', guards, deleteWebhookRoute(webhooks));
  allowMethods(app, '/api/webhooks/:id', 'GET', 'PATCH', 'DELETE');
  app.post('/api/webhooks/:id/rotate-secret', guards, rotateSecretRoute(webhooks, secretOverlapMs));
  allowMethods(app, '/api/webhooks/:id/rotate-secret', 'POST');
  app.post('/api/webhooks/:id/test', guards, testWebhookRoute(webhooks, jobs));
  allowMethods(app, '/api/webhooks/:id/test', 'POST');
}
