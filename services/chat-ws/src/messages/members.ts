import { type Members, membersPerPage } from '@parley/common/contracts/chat/members';
import type { Chat } from '../chat.ts';
import type { MemberList } from '../rooms/member-lists.ts';
import type { Room } from '../rooms/room.ts';
import { actorOf } from '../sessions/identity.ts';
import type { Session } from '../sessions/session.ts';

/** Tells who is in a room now, joined or not. Further pages are of the list that the first one was of, if it is not too old. */
export async function members(chat: Chat, session: Session, { id: re, room: name, page = 1 }: Members): Promise<void> {
  await chat.rooms.facts(name, actorOf(session.identity!), chat.now());
  const { users } = await listFor(chat, session, { name, page });
  const from = (page - 1) * membersPerPage;
  const members = users.slice(from, from + membersPerPage);
  session.send({ type: 'members', re, room: name, members, total: users.length });
}

async function listFor(
  chat: Chat,
  session: Session,
  { name, page }: { name: string; page: number },
): Promise<MemberList> {
  const begun = page > 1 ? session.memberList?.deref() : undefined;
  if (begun?.room === name) return begun;
  const list = await currentList(chat, name);
  // Weak: the room keeps it for as long as somebody may be expected to read on.
  session.memberList = list.users.length > membersPerPage ? new WeakRef(list) : undefined;
  return list;
}

/** A room that nobody uses here is opened for it, if somebody may be there by way of another node. */
async function currentList({ rooms, cluster }: Chat, name: string): Promise<MemberList> {
  const room = rooms.get(name);
  if (room !== undefined || cluster === undefined) return listOf(room, name);
  const opened = await rooms.open(name);
  try {
    return listOf(opened, name);
  } finally {
    rooms.release(opened);
  }
}

function listOf(room: Room | undefined, name: string): MemberList {
  return room?.memberList(performance.now()) ?? { room: name, users: [] };
}
