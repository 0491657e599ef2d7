import type { ChatUser } from '@parley/common/contracts/chat/chat-user';
import type { Role } from '@parley/common/contracts/user';

/** Who a session is. `expiresAt`: ms since 1970, when it has to have been refreshed. */
export type Identity = { user: ChatUser; role: Role; expiresAt: number };
