import { closeCodes } from '@parley/common/contracts/chat/close-code';
import type { Chat } from '../chat.ts';
import { memberChanged } from '../room-effects.ts';
import { closeSession } from '../sessions/close-session.ts';

/** Ends every session of a user who is no more, on this node, at once. */
export function endSessionsOf(chat: Chat, user: string): void {
  for (const session of [...chat.sessions.values()]) {
    if (session.identity?.user.id !== user) continue;
    session.end(closeCodes.unauthenticated, 'user deleted');
    // Not only when its client has answered the close frame.
    closeSession(chat, session);
  }
  chat.absences.endAll(user);
  chat.seenMarks.forget(user);
}

/**
 * Ends the memberships of a user who is no more, each with its event. What the user wrote stays, as a part of the rooms. May be done again.
 * @throws ParleyError UNAVAILABLE
 */
export async function endMemberships(chat: Chat, user: string): Promise<void> {
  for (const { room, heir } of await chat.log.directory.forgetUser(user)) {
    if (heir === undefined) continue;
    memberChanged(chat, room, heir);
    chat.cluster?.changed(room);
  }
}
