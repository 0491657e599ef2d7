import type { Attempt, Job } from '@parley/common/contracts/job';
import type { AttemptRow, JobRow } from '../database/tables.ts';

/** A job with what its event is. */
export type JobWithEvent = JobRow & { event_type: string; event_at: number };

const iso = (ms: number) => new Date(ms).toISOString();

export function jobOf(row: JobWithEvent): Job {
  return {
    id: String(row.id),
    kind: 'webhook',
    state: row.state,
    webhookId: row.endpoint_id,
    event: { id: row.event_id, type: row.event_type, at: iso(row.event_at) },
    attemptCount: row.attempts,
    ...(row.state === 'pending' && { nextAttemptAt: iso(row.due_at) }),
    createdAt: iso(row.created_at),
    updatedAt: iso(row.updated_at),
  };
}

export function attemptOf(row: AttemptRow): Attempt {
  return {
    number: row.number,
    at: iso(row.at),
    durationMs: row.duration_ms,
    outcome: row.outcome,
    ...(row.status !== null && { status: row.status }),
    ...(row.error !== null && { error: row.error }),
    ...(row.snippet !== null && { answer: row.snippet }),
  };
}
