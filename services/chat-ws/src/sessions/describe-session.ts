import type { ChatSession } from '@parley/common/contracts/chat-session';
import type { Session } from './session.ts';

/** Names the session in tickets, and to admins. */
export function sessionName(instance: string, { number }: Session): string {
  return `${instance}.${number}`;
}

/** A session as admins see it. */
export function describeSession(instance: string, session: Session): ChatSession {
  const { identity, address, peer, seats, connectedAt } = session;
  return {
    id: sessionName(instance, session),
    user: identity?.user ?? null,
    address,
    format: peer.outlet?.format ?? 'link',
    rooms: seats.length,
    connectedAt: new Date(connectedAt).toISOString(),
    unsentBytes: finite((peer.outlet ?? peer.link)?.pendingBytes() ?? 0),
  };
}

/** What is closing has endlessly much unsent, and will send none of it. */
function finite(bytes: number): number {
  return Number.isFinite(bytes) ? bytes : 0;
}
