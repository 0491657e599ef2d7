import type { Chat } from '../chat.ts';
import { sessionName } from './describe-session.ts';
import type { Identity } from './identity.ts';
import type { Session } from './session.ts';

/** A ticket that resumes this session here or elsewhere; the next one is due a while later. */
export function issueTicket(chat: Chat, session: Session, identity: Identity): string {
  session.ticketAt = performance.now() + chat.settings.ticketEveryMs;
  return chat.tickets.issue(identity, sessionName(chat.instance, session), chat.now());
}

/** A session that a ticket names, if it is one of another process. */
export function remoteSession(
  chat: Pick<Chat, 'instance'>,
  name: string,
): { node: string; number: number } | undefined {
  const [, node, number] = /^([a-z0-9-]{1,64})\.(\d{1,15})$/.exec(name) ?? [];
  return node === undefined || node === chat.instance ? undefined : { node, number: Number(number) };
}

/** The session that a ticket names, if it is one of this process and still there. */
export function resumedSession(chat: Chat, name: string): Session | undefined {
  const [instance, number] = name.split('.');
  return instance === chat.instance ? chat.sessions.get(Number(number)) : undefined;
}
