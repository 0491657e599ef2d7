import type { Leave } from '@parley/common/contracts/chat/leave';
import type { Chat } from '../chat.ts';
import { leaveSeat } from '../sessions/close-session.ts';
import type { Session } from '../sessions/session.ts';

/** Leaves a room: nothing more comes from it after the answer. */
export function leave(chat: Chat, session: Session, { id: re, room }: Leave): void {
  const seat = session.requireSeat(room);
  if (seat.subscriber !== undefined) seat.room.feed.remove(seat.subscriber);
  session.send({ type: 'left', re, room });
  leaveSeat(chat, session, seat);
}
