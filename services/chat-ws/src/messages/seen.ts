import type { Seen } from '@parley/common/contracts/chat/seen';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Chat } from '../chat.ts';
import type { Session } from '../sessions/session.ts';

/** Notes how far the user has seen the room; the room is told in a moment, and the mark is kept. */
export function seen({ seenMarks, now }: Chat, session: Session, { id, room: name, seq }: Seen): void {
  const { room } = session.requireSeat(name);
  if (seq > room.head) throw new ParleyError('BAD_MESSAGE', `There is no message ${seq} in ${name} yet.`);
  seenMarks.mark(room, session.identity!.user, { seq, at: now() });
  session.done(id);
}
