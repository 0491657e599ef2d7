import { maxLinkRooms } from '@parley/common/contracts/link';
import type { RoomsAnswer } from '@parley/common/dialogue/question';
import type { Chat } from '../chat.ts';
import { readerOf } from '../limits/reader-of.ts';
import type { Identity } from '../sessions/identity.ts';

/**
 * The rooms that somebody may know of, with the count of their users: public ones are everybody's to see, others their members'.
 * @throws ParleyError UNAVAILABLE, RATE_LIMITED
 */
export async function visibleRooms(
  { log, reads, rooms }: Pick<Chat, 'log' | 'reads' | 'rooms'>,
  { user, role }: Identity,
  address: string,
): Promise<RoomsAnswer['rooms']> {
  const viewer = user.guest ? undefined : { id: user.id, admin: role === 'admin' };
  const { items } = await reads.run(readerOf(user, address), () => log.rooms(1, maxLinkRooms, viewer));
  return items.map(({ room }) => ({ room, members: rooms.usersIn(room) }));
}
