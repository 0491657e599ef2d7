import type { AnyEvent } from '@parley/common/contracts/events/any-event';

/** `createdAt`: ms since 1970. */
export type Wishes = { events: string[]; room: string | undefined; createdAt: number };

/**
 * Whether an endpoint gets an event: one of its types, of its room when it has one, and nothing that happened before it
 * was created, even when the worker is only now reading about it.
 */
export function isWantedBy({ events, room, createdAt }: Wishes, event: AnyEvent): boolean {
  if (!events.includes('*') && !events.includes(event.type)) return false;
  if (room !== undefined && event.data.room !== room) return false;
  return Date.parse(event.at) >= createdAt;
}
