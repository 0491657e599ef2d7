import { hash } from 'node:crypto';
import { directPrefix } from '@parley/common/contracts/room-name';

/** The name of the room of two users: the same whoever asks, and telling nothing of them. */
export function directName(one: string, other: string): string {
  return `${directPrefix}${hash('sha256', JSON.stringify([one, other].sort()), 'hex').slice(0, 40)}`;
}
