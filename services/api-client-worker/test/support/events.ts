import { eventIdOf } from '@parley/common/contracts/events/event-id';
import type { MessagePosted } from '@parley/common/contracts/events/message-posted';
import type { UserCreated } from '@parley/common/contracts/events/user-created';

/** A message's event; `text` makes its id. */
export function posted(text: string, { room = 'lobby', at = Date.now() } = {}): MessagePosted {
  const time = new Date(at).toISOString();
  const seq = Number(text.replace(/\D/g, '')) || 1;
  const from = { id: 'u_1', name: 'ada' };
  const id = eventIdOf('message.posted', room, 'e1', text);
  return { id, type: 'message.posted', at: time, data: { room, epoch: 'e1', seq, from, text, at: time } };
}

/** `m1` … `m<count>` */
export const messages = (count: number, first = 1): MessagePosted[] => texts(count, first).map((text) => posted(text));

export const texts = (count: number, first = 1): string[] => Array.from({ length: count }, (_, i) => `m${first + i}`);

export function userCreated(username: string): UserCreated {
  const at = new Date().toISOString();
  const data = { id: `u_${username}`, username, displayName: username, role: 'user' as const, avatarUrl: null };
  return {
    id: eventIdOf('user.created', data.id),
    type: 'user.created',
    at,
    data: { ...data, createdAt: at, updatedAt: at },
  };
}
