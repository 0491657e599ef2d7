import { randomBytes } from 'node:crypto';
import { eventIdOf } from '@parley/common/contracts/events/event-id';
import { ParleyError } from '@parley/common/runtime/errors';
import type { RequestHandler } from 'express';
import type { JobStore } from '../jobs/job-store.ts';
import type { WebhookStore } from './webhook-store.ts';

const TEST_EVENT = 'webhook.test';

/** `POST /api/webhooks/:id/test`: queues one delivery of a `webhook.test` event, attempted once; the answer is its job. */
export function testWebhookRoute(webhooks: WebhookStore, jobs: JobStore): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const { id, enabled } = await webhooks.get(req.params.id);
    if (enabled !== 1) throw new ParleyError('CONFLICT', 'The webhook is disabled; enable it to test it.');
    const now = Date.now();
    const event = {
      id: eventIdOf(TEST_EVENT, id, randomBytes(8).toString('hex')),
      type: TEST_EVENT,
      at: new Date(now).toISOString(),
      data: { webhook: id },
    };
    const job = await jobs.queueOne(id, event, now);
    res.status(202).location(`/api/jobs/${job.id}`).json(job);
  };
}
