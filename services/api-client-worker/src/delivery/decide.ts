import type { Failure } from './failure.ts';
import { retryAfterMs } from './retry-after.ts';
import { type RetrySchedule, retryDelayMs } from './retry-schedule.ts';

/** What becomes of a job after an attempt. `dueAt`: ms since 1970. */
export type Next = { state: 'succeeded' } | { state: 'dead' } | { state: 'pending'; dueAt: number };

/** What an answer means for the endpoint as a whole. */
export type EndpointChange = { disable: 'gone' } | { holdUntil: number };

export type Decision = { next: Next; endpoint: EndpointChange | undefined };

export type Attempted = {
  failure: Failure | undefined;
  status: number | undefined;
  retryAfter: string | undefined;
  /** Failures before this attempt, since the job was created or retried by hand. */
  failures: number;
  /** So many failures make it dead. */
  maxFailures: number;
};

export type DecideOptions = {
  schedule: RetrySchedule;
  retryAfterMaxMs: number;
  now: number;
  /** From 0 to 1, for the jitter. */
  random: number;
};

/** Those who say "too much" or "not now" speak for the endpoint, not for one event (RFC 6585 §4, RFC 9110 §15.6.4). */
const PAUSES_ENDPOINT = [429, 503];

export function decide(attempted: Attempted, { schedule, retryAfterMaxMs, now, random }: DecideOptions): Decision {
  const { failure, status = 0, failures, maxFailures } = attempted;
  if (!failure) return { next: { state: 'succeeded' }, endpoint: undefined };
  if (failure.kind === 'gone') return { next: { state: 'dead' }, endpoint: { disable: 'gone' } };
  const askedMs = retryAfterMs(attempted.retryAfter, now, retryAfterMaxMs);
  const endpoint = askedMs !== undefined && PAUSES_ENDPOINT.includes(status) ? { holdUntil: now + askedMs } : undefined;
  const failed = failures + 1;
  const delayMs = failed < maxFailures ? retryDelayMs(schedule, failed, random) : undefined;
  if (delayMs === undefined) return { next: { state: 'dead' }, endpoint };
  return { next: { state: 'pending', dueAt: now + Math.max(delayMs, askedMs ?? 0) }, endpoint };
}
