import type { ChatUser } from '@parley/common/contracts/chat/chat-user';
import { networkOf } from '@parley/net/network-of';

/** On whose account a read of the log goes: a user's or, as guests are free to make, the network's that a guest comes from. */
export function readerOf(user: Pick<ChatUser, 'id' | 'guest'> | undefined, address: string): string {
  return user === undefined || user.guest ? networkOf(address, { ipv4Bits: 32 }) : user.id;
}
