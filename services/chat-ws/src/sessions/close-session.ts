import type { Chat } from '../chat.ts';
import type { Seat, Session } from './session.ts';

/** The session is over: it leaves its rooms and is counted no more. */
export function closeSession(chat: Chat, session: Session): void {
  for (const seat of session.seats) leaveSeat(chat, session, seat);
  chat.sessions.close(session);
}

/** The same without a goodbye: its client may be back in a moment, and until then it is still in its rooms. */
export function loseSession(chat: Chat, session: Session): void {
  loseSeats(chat, session);
  chat.sessions.close(session);
}

/** The session leaves its rooms, and nobody is told for the time being. */
export function loseSeats(chat: Chat, session: Session): void {
  for (const seat of session.seats) {
    vacate(session, seat);
    if (session.identity !== undefined) chat.absences.begin(seat.room, session.identity.user, performance.now());
  }
}

/** Gives one seat back and tells the room. */
export function leaveSeat(chat: Pick<Chat, 'rooms'>, session: Session, seat: Seat): void {
  const { room } = seat;
  vacate(session, seat);
  if (session.identity !== undefined) room.leave(session.identity.user);
  chat.rooms.release(room);
}

function vacate(session: Session, seat: Seat): void {
  session.stand(seat);
  if (seat.subscriber !== undefined) seat.room.feed.remove(seat.subscriber);
}
