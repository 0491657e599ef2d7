import type { ChatUser } from '@parley/common/contracts/chat/chat-user';
import type { Visibility } from '@parley/common/contracts/room';

/** What there is to know of a room to decide who may do what. */
export type RoomFacts = { readonly visibility: Visibility; readonly createdBy: { readonly id: string } };

/** Whether the user may know of the room, read it and post to it. Whoever may not is told that there is no such room. */
export function mayUse({ visibility, createdBy }: RoomFacts, user: Pick<ChatUser, 'id' | 'guest'>): boolean {
  return visibility === 'public' || (!user.guest && createdBy.id === user.id);
}

/** Whether the user may create a room by joining it. */
export function mayCreate(who: 'guests' | 'users' | 'nobody', user: Pick<ChatUser, 'guest'>): boolean {
  return who === 'guests' || (who === 'users' && !user.guest);
}
