import { z } from 'zod';
import { eventId } from './events/event-id.ts';
import { pageLimits } from './list.ts';
import { isoTime } from './text.ts';
import { webhookId } from './webhook.ts';

/** pending: waits for its first or next attempt; running: being attempted; succeeded; dead: given up, a dead letter. */
const jobState = z.enum(['pending', 'running', 'succeeded', 'dead']);
export type JobState = z.infer<typeof jobState>;

/** Ids grow with time: that is the order of lists, and their cursor. */
export const jobId = z.string().regex(/^\d{1,15}$/, 'must be a job id');

/** One delivery of one event to one endpoint. `nextAttemptAt`: only while it is pending. */
export const job = z.object({
  id: jobId,
  kind: z.literal('webhook'),
  state: jobState,
  webhookId,
  event: z.object({ id: eventId, type: z.string(), at: isoTime }),
  attemptCount: z.int().min(0),
  nextAttemptAt: isoTime.optional(),
  createdAt: isoTime,
  updatedAt: isoTime,
});
export type Job = z.infer<typeof job>;

/** `outcome`: `success` or the kind of failure, e.g. `timeout`. `answer`: the beginning of what the endpoint answered. */
export const attempt = z.object({
  number: z.int().min(1),
  at: isoTime,
  durationMs: z.int().min(0),
  outcome: z.string(),
  status: z.int().optional(),
  error: z.string().optional(),
  answer: z.string().optional(),
});
export type Attempt = z.infer<typeof attempt>;

/** Answer of `GET /api/jobs/:id`. */
export const jobWithAttempts = job.extend({ attempts: z.array(attempt) });
export type JobWithAttempts = z.infer<typeof jobWithAttempts>;

/** Query of `GET /api/dead-letters`, newest first; `after` is the `next` of the page before. */
export const deadLettersQuery = z.object({
  webhook: webhookId.optional(),
  after: jobId.optional(),
  limit: z.coerce.number().int().min(1).max(pageLimits.perPageMax).default(pageLimits.perPageDefault),
});

/** Query of `GET /api/jobs`. */
export const jobsQuery = deadLettersQuery.extend({ state: jobState.optional() });
export type JobsQuery = z.infer<typeof jobsQuery>;

/** `next`: the `after` of the following page, null on the last one. */
export const jobList = z.object({ items: z.array(job), next: jobId.nullable() });
export type JobList = z.infer<typeof jobList>;
