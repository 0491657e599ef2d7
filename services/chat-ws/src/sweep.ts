import { closeCodes } from '@parley/common/contracts/chat/close-code';
import type { Chat } from './chat.ts';
import type { Session } from './sessions/session.ts';
import { issueTicket } from './sessions/session-ticket.ts';

/** A connection as the one timer for all of them sees it. */
export interface Beating {
  beat(now: number): void;
}

/** Everything that has to happen to a connection some time, by one timer for all. */
export function sweep(chat: Chat, connections: Iterable<Beating>): void {
  const now = performance.now();
  for (const connection of connections) connection.beat(now);
  for (const session of chat.sessions.values()) sweepSession(chat, session, now);
}

/** `now`: of a clock that only goes forward; tokens and tickets go by the time of day. */
function sweepSession(chat: Chat, session: Session, now: number): void {
  if (session.ended) return;
  const { identity } = session;
  if (identity === undefined) {
    // Who is being authenticated waits for us, and not longer than keys may take.
    if (now < session.authBy || session.inbox !== undefined) return;
    chat.metrics.limited.inc({ limit: 'auth_time' });
    session.end(closeCodes.unauthenticated, 'no auth in time');
  } else if (chat.now() >= identity.expiresAt) {
    session.end(closeCodes.unauthenticated, 'token expired');
  } else if (now >= session.ticketAt) {
    session.send({ type: 'ticket', ticket: issueTicket(chat, session, identity) });
  }
}

/** How often to sweep so that no time of the settings is missed by much. */
export function sweepEveryMs(times: readonly number[]): number {
  return Math.max(5, Math.min(1_000, Math.floor(Math.min(...times) / 4)));
}
