import type { KeyRing } from '@parley/common/runtime/key-ring';
import type { Logger } from '@parley/common/runtime/logger';
import { AbortError } from 'got';
import type { EndpointRow } from '../database/tables.ts';
import type { Figures } from '../figures.ts';
import type { ClaimedJob, ClaimedLane } from '../queue/claim-lanes.ts';
import type { Completion } from '../queue/complete-jobs.ts';
import { openSecret } from '../webhooks/sealed-secret.ts';
import { decide } from './decide.ts';
import type { RetrySchedule } from './retry-schedule.ts';
import { type SendOptions, type SendResult, sendWebhook } from './send-webhook.ts';

export type AttemptOptions = {
  keys: KeyRing;
  log: Logger;
  figures: Figures;
  send: SendOptions;
  schedule: RetrySchedule;
  retryAfterMaxMs: number;
  maxSnippetBytes: number;
};

/** One attempt of one job, from its signature to what follows from the answer; undefined when it was broken off. */
export async function attemptJob(
  { endpoint }: Pick<ClaimedLane, 'endpoint'>,
  job: ClaimedJob,
  options: AttemptOptions,
): Promise<Completion | undefined> {
  const { figures, log, maxSnippetBytes } = options;
  const at = Date.now();
  const startedAt = performance.now();
  const result = await send(endpoint, job, options);
  if (!result) return undefined;
  const { failure, status, retryAfter, answer } = result;
  const durationMs = Math.round(performance.now() - startedAt);
  const now = Date.now();
  const { failures, maxFailures } = job;
  const decision = decide(
    { failure, status, retryAfter, failures, maxFailures },
    { ...options, now, random: Math.random() },
  );
  const outcome = failure?.kind ?? 'success';

  figures.attempts.inc({ outcome });
  figures.attemptSeconds.observe(durationMs / 1000);
  if (!failure) figures.deliverySeconds.observe(Math.max(0, now - job.event.at) / 1000);
  log.debug(
    { job: job.id, endpoint: endpoint.id, event: job.event.id, outcome, status, durationMs },
    'delivery attempted',
  );
  if (decision.next.state === 'dead') {
    log.warn(
      { job: job.id, endpoint: endpoint.id, event: job.event.id, outcome, status },
      'an event became a dead letter',
    );
  }
  return {
    job,
    of: endpoint,
    attempt: { at, durationMs, outcome, status, error: failure?.message, snippet: snippetOf(answer, maxSnippetBytes) },
    ...decision,
  };
}

async function send(endpoint: EndpointRow, job: ClaimedJob, options: AttemptOptions): Promise<SendResult | undefined> {
  const { keys, log, send: sendOptions } = options;
  const secrets = secretsOf(endpoint, keys, Date.now());
  if (!secrets) {
    log.error(
      { endpoint: endpoint.id },
      'the secret was sealed with a service secret that is not known any more; rotate it',
    );
    const failure = { kind: 'secret', message: 'the secret cannot be read; rotate it' } as const;
    return { failure, status: undefined, retryAfter: undefined, answer: undefined };
  }
  const { id: webhookId, body } = job.event;
  const timestamp = Math.floor(Date.now() / 1000);
  try {
    return await sendWebhook({ url: endpoint.url, webhookId, body, secrets, timestamp }, sendOptions);
  } catch (err) {
    if (err instanceof AbortError) return undefined;
    throw err;
  }
}

/** The current secret and, for a while after a rotation, the one before; undefined when the current one is unreadable. */
function secretsOf(endpoint: EndpointRow, keys: KeyRing, now: number): string[] | undefined {
  const current = openSecret(keys, endpoint.id, endpoint.secret);
  if (current === undefined) return undefined;
  const { previous_secret: sealed, previous_until: until } = endpoint;
  const previous = sealed !== null && until !== null && now < until ? openSecret(keys, endpoint.id, sealed) : undefined;
  return previous === undefined ? [current] : [current, previous];
}

/** Text that can be stored: what is not UTF-8 becomes U+FFFD, and U+0000 too, which PostgreSQL does not take. */
function snippetOf(answer: Buffer | undefined, maxBytes: number): string | undefined {
  if (!answer || answer.length === 0) return undefined;
  return answer.subarray(0, maxBytes).toString('utf8').replaceAll('\0', '\uFFFD');
}
