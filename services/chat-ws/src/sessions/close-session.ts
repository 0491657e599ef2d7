import type { Chat } from '../chat.ts';
import type { Seat, Session } from './session.ts';

/** The session is over: it leaves its rooms and is counted no more. */
export function closeSession(chat: Chat, session: Session): void {
  for (const seat of session.seats) leaveSeat(chat, session, seat);
  chat.sessions.close(session);
}

/** Gives one seat back and tells the room. */
export function leaveSeat(chat: Chat, session: Session, seat: Seat): void {
  const { room, subscriber } = seat;
  session.stand(seat);
  if (subscriber !== undefined) room.feed.remove(subscriber);
  if (session.identity !== undefined) room.leave(session.identity.user);
  chat.rooms.release(room);
}
