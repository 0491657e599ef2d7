import type { Auth } from '@parley/common/contracts/chat/auth';
import { closeCodes } from '@parley/common/contracts/chat/close-code';
import { ParleyError, toParleyError } from '@parley/common/runtime/errors';
import type { Chat } from '../chat.ts';
import { recheckSeats } from '../room-effects.ts';
import type { Shown } from '../sessions/authenticate.ts';
import { closeSession, loseSeats } from '../sessions/close-session.ts';
import type { Session } from '../sessions/session.ts';
import { issueTicket, remoteSession, resumedSession } from '../sessions/session-ticket.ts';

/** Says who the client is; said again by the same user, it takes over the newer token's expiry. */
export async function auth(chat: Chat, session: Session, message: Auth): Promise<void> {
  let shown: Shown;
  try {
    shown = await chat.authenticator.identify(message, chat.now());
    if (session.ended) return;
    admit(chat, session, shown);
  } catch (thrown) {
    refuse(chat, session, message, toParleyError(thrown));
    return;
  }
  const { user } = shown.identity;
  const { limits, settings } = chat;
  const ticket = issueTicket(chat, session, shown.identity);
  session.send({ type: 'auth_success', re: message.id, user, ticket, heartbeatMs: settings.pingMs, limits });
}

function admit(chat: Chat, session: Session, { identity, session: resumed }: Shown): void {
  const before = session.identity;
  if (before !== undefined && before.user.id !== identity.user.id) {
    throw new ParleyError('CONFLICT', `This connection is ${before.user.name}'s; use another one.`);
  }
  if (resumed !== undefined) endResumed(chat, session, resumed);
  // A user's name may have changed since; in the rooms it has joined, it stays who it was.
  chat.sessions.identify(session, before === undefined ? identity : { ...identity, user: before.user });
  if (before?.role === 'admin' && identity.role !== 'admin') recheckSeats(chat, session);
}

/** The session that a ticket came from goes on in this one. */
function endResumed(chat: Chat, session: Session, resumed: string): void {
  const elsewhere = remoteSession(chat, resumed);
  if (elsewhere !== undefined) chat.cluster?.endSession(elsewhere.node, elsewhere.number);
  const older = resumedSession(chat, resumed);
  if (older === undefined || older === session) return;
  // It will be in its rooms again: nobody needs to be told that it was not.
  loseSeats(chat, older);
  older.end(closeCodes.normal, 'resumed on another connection');
  closeSession(chat, older);
}

function refuse(chat: Chat, session: Session, { id: re }: Auth, failure: ParleyError): void {
  // It is not known who this is, for reasons that are not the client's: it may stay and try again.
  if (failure.code === 'UNAVAILABLE' || session.identity !== undefined) {
    session.authBy = performance.now() + chat.settings.authMs;
    throw failure;
  }
  if (failure.code === 'INTERNAL') chat.logger.error({ err: failure.cause, peer: session.address }, 'auth failed');
  session.send({ type: 'auth_failed', re, code: failure.code, message: failure.publicMessage });
  if (failure.code === 'LIMIT_REACHED') {
    chat.metrics.limited.inc({ limit: 'connections_user' });
    session.end(closeCodes.policy, 'limit reached');
  } else if (failure.code === 'INTERNAL') {
    session.end(closeCodes.internal, 'internal error');
  } else {
    session.end(closeCodes.unauthenticated, 'unauthenticated');
  }
}
