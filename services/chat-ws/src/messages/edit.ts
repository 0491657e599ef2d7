import type { Edit } from '@parley/common/contracts/chat/edit';
import type { Chat } from '../chat.ts';
import { checkPostRate } from '../limits/session-rates.ts';
import { actorOf } from '../sessions/identity.ts';
import type { Session } from '../sessions/session.ts';
import { submit } from './submit.ts';

/**
 * Gives one's own message another text. The change is an entry of the log like a post, in the same order as the posts of the connection, and
 * counts as one.
 */
export function edit(chat: Chat, session: Session, message: Edit): undefined | Promise<void> {
  checkPostRate(chat, session, performance.now());
  const { seq: of, text, key } = message;
  const change = ({ epoch }: { epoch: string }) => submit(chat, session, message, { epoch, of, text, any: false, key });
  const access = chat.rooms.facts(message.room, actorOf(session.identity!), chat.now());
  if (access instanceof Promise) return access.then(change);
  change(access);
  return undefined;
}
