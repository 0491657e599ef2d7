import type { ChatUser } from '@parley/common/contracts/chat/chat-user';
import type { Role } from '@parley/common/contracts/user';
import type { Actor } from '../rooms/rights.ts';

/** Who a session is. `expiresAt`: ms since 1970, when it has to have been refreshed. */
export type Identity = { user: ChatUser; role: Role; expiresAt: number };

/** As who the rights in rooms are decided for. */
export function actorOf({ user, role }: Pick<Identity, 'user' | 'role'>): Actor {
  return { id: user.id, guest: user.guest, admin: role === 'admin' };
}
