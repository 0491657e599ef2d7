import type { Chat } from '../chat.ts';
import type { KnownAccess } from './access-cache.ts';
import type { Actor } from './rights.ts';

/**
 * What `read` finds under a room's name, for somebody who has to have the right to it: to the room that it is of, and not to one that was
 * there before. @throws ParleyError NOT_FOUND, FORBIDDEN, and what `read` throws
 */
export async function readAs<Found extends { epoch: string }>(
  actor: Actor,
  { rooms, now }: Pick<Chat, 'rooms' | 'now'>,
  { room, read }: { room: string; read: (access: KnownAccess) => Promise<Found> },
): Promise<Found> {
  for (;;) {
    const access = await rooms.facts(room, actor, now());
    const found = await read(access);
    if (found.epoch === access.epoch) return found;
    rooms.deleted(room, access.epoch);
  }
}
