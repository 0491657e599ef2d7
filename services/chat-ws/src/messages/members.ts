import { type Members, membersPerPage } from '@parley/common/contracts/chat/members';
import type { Chat } from '../chat.ts';
import type { Session } from '../sessions/session.ts';

/** Tells who is in a room now, joined or not. */
export async function members(chat: Chat, session: Session, { id: re, room: name, page = 1 }: Members): Promise<void> {
  await chat.rooms.facts(name, session.identity!.user, chat.now());
  const room = chat.rooms.get(name);
  const total = room?.members ?? 0;
  session.send({ type: 'members', re, room: name, members: room?.membersPage(page, membersPerPage) ?? [], total });
}
