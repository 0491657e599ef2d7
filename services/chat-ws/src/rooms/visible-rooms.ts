import { maxLinkRooms } from '@parley/common/contracts/link';
import type { RoomsAnswer } from '@parley/common/dialogue/question';
import type { Chat } from '../chat.ts';
import type { Identity } from '../sessions/identity.ts';

/**
 * The rooms that somebody may know of, with the count of their users: public ones are everybody's to see, others their members'.
 * @throws ParleyError UNAVAILABLE
 */
export async function visibleRooms(
  { log, rooms }: Pick<Chat, 'log' | 'rooms'>,
  { user, role }: Identity,
): Promise<RoomsAnswer['rooms']> {
  const viewer = user.guest ? undefined : { id: user.id, admin: role === 'admin' };
  const { items } = await log.rooms(1, maxLinkRooms, viewer);
  return items.map(({ room }) => ({ room, members: rooms.usersIn(room) }));
}
