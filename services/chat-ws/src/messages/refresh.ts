import type { Refresh } from '@parley/common/contracts/chat/refresh';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Chat } from '../chat.ts';
import { recheckSeats } from '../room-effects.ts';
import type { Session } from '../sessions/session.ts';
import { issueTicket } from '../sessions/session-ticket.ts';

/** Takes over a newer access token's expiry, and gives a ticket that lasts as long. */
export async function refresh(chat: Chat, session: Session, { id: re, token }: Refresh): Promise<void> {
  const newer = await chat.authenticator.identifyToken(token);
  // It may have been renamed meanwhile.
  const { user, role } = session.identity!;
  if (newer.user.id !== user.id) throw new ParleyError('FORBIDDEN', `That is not a token of ${user.name}'s.`);
  session.identity = { ...newer, user };
  if (role === 'admin' && newer.role !== 'admin') recheckSeats(chat, session);
  session.send({ type: 'refreshed', re, expiresAt: new Date(newer.expiresAt).toISOString() });
  session.send({ type: 'ticket', ticket: issueTicket(chat, session, session.identity) });
}
