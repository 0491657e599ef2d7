import { ParleyError } from '@parley/common/runtime/errors';
import type { Chat } from '../chat.ts';

/** What of a client waits to be worked off: messages, and their bytes. */
export type InboxSize = { count: number; bytes: number };

/** What may wait behind a message that is being worked off; from then on the client is not read from, where that can be done. */
const pauseAt: InboxSize = { count: 64, bytes: 64 * 1024 };

/** More than that is refused: of a client that cannot be told to wait, or whose few compressed bytes became many. */
const refuseAt: InboxSize = { count: 4_096, bytes: 4 * 1024 * 1024 };

export function isInboxFull(size: InboxSize): boolean {
  return reaches(size, pauseAt);
}

/** @throws ParleyError RATE_LIMITED when no more may wait */
export function checkInbox({ metrics }: Pick<Chat, 'metrics'>, size: InboxSize): void {
  if (!reaches(size, refuseAt)) return;
  metrics.limited.inc({ limit: 'inbox' });
  throw new ParleyError('RATE_LIMITED', 'Wait for answers before you send more.', { retryAfterMs: 1_000 });
}

function reaches({ count, bytes }: InboxSize, most: InboxSize): boolean {
  return count >= most.count || bytes >= most.bytes;
}
