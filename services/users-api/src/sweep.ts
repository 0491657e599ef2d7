import { forgetAnswers } from './idempotency.ts';
import type { Parts } from './parts.ts';

const EVENTS_AT_ONCE = 1_000;

/** Erases what has expired: sessions, remembered answers, events that everybody had time to read. */
export async function sweep(parts: Parts, now: number): Promise<void> {
  const { sessions, database, feed, settings } = parts;
  await sessions.sweep(now);
  await forgetAnswers(database, now - settings.idempotencyMs);
  while ((await feed.prune(now - settings.feedRetentionMs, EVENTS_AT_ONCE)) > 0);
}
