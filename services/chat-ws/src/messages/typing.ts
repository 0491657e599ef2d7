import type { Typing } from '@parley/common/contracts/chat/typing';
import type { Chat } from '../chat.ts';
import type { Session } from '../sessions/session.ts';

/** Tells the others in the room that somebody is writing; what comes too soon after the last one is not passed on. */
export function typing({ settings }: Chat, session: Session, { id, room: name }: Typing): void {
  const seat = session.requireSeat(name);
  const now = performance.now();
  if (now - seat.typedAt >= settings.typingEveryMs) {
    seat.typedAt = now;
    const push = { type: 'typing', room: name, user: session.identity!.user } as const;
    const { outlet: except, instead } = session.peer.withoutMe(name, push);
    seat.room.push([push], { except, ...(instead && { instead }) });
  }
  session.done(id);
}
