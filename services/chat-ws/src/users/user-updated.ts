import type { Chat } from '../chat.ts';
import { recheckSeats } from '../room-effects.ts';
import type { Latest } from './known-users.ts';

/** Live sessions of a user are what the user is by now. */
export function updateSessionsOf(chat: Pick<Chat, 'sessions' | 'rooms'>, user: string, { name, role }: Latest): void {
  for (const session of chat.sessions.values()) {
    const { identity } = session;
    if (identity?.user.id !== user || (identity.user.name === name && identity.role === role)) continue;
    session.identity = { ...identity, role, user: { ...identity.user, name } };
    for (const { room } of session.seats) room.rename(session.identity.user);
    if (identity.role === 'admin' && role !== 'admin') recheckSeats(chat, session);
  }
}
