import type { Post } from '@parley/common/contracts/chat/post';
import type { Chat } from '../chat.ts';
import { checkPostRate } from '../limits/session-rates.ts';
import { actorOf } from '../sessions/identity.ts';
import type { Session } from '../sessions/session.ts';
import { submit } from './submit.ts';

/**
 * Puts a message into a room's log; `posted` comes when it is committed. Whoever may read the room may post to it, joined or not. The
 * posts of a connection go into the commit queue, and so into the log, in the order in which they came.
 */
export function post(chat: Chat, session: Session, message: Post): undefined | Promise<void> {
  checkPostRate(chat, session, performance.now());
  const { text, data, key } = message;
  const submitTo = (epoch: string) => submit(chat, session, message, { epoch, text, data, key });
  // Who has a seat may post; for everybody else it is found out.
  const seat = session.seatIn(message.room);
  const access = seat ? seat.room.feed : chat.rooms.facts(message.room, actorOf(session.identity!), chat.now());
  if (access instanceof Promise) return access.then(({ epoch }) => submitTo(epoch));
  submitTo(access.epoch);
  return undefined;
}
