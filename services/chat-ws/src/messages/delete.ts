import type { Deletion } from '@parley/common/contracts/chat/delete';
import type { Chat } from '../chat.ts';
import { checkPostRate } from '../limits/session-rates.ts';
import type { KnownAccess } from '../rooms/access-cache.ts';
import { mayModerate } from '../rooms/rights.ts';
import { actorOf } from '../sessions/identity.ts';
import type { Session } from '../sessions/session.ts';
import { submit } from './submit.ts';

/** Erases a message's content: one's own, or, for who moderates the room, anybody's. Otherwise as an edit. */
export function deleteMessage(chat: Chat, session: Session, message: Deletion): undefined | Promise<void> {
  checkPostRate(chat, session, performance.now());
  const actor = actorOf(session.identity!);
  const { seq: of, key } = message;
  const erase = (access: KnownAccess) =>
    submit(chat, session, message, { epoch: access.epoch, of, text: null, any: mayModerate(access, actor), key });
  const access = chat.rooms.facts(message.room, actor, chat.now());
  if (access instanceof Promise) return access.then(erase);
  erase(access);
  return undefined;
}
