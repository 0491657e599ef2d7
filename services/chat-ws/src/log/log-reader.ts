import { ParleyError } from '@parley/common/runtime/errors';
import type { LogPage, RoomAccess, RoomHead } from './room-log.ts';

/** A page ends with the entry that takes it to this many characters: what a slow reader asks for must not fill the memory. */
export const MAX_PAGE_CHARS = 1 << 20;

/** Which entries: the first ones from `from` on (with `messages`: no changes), or the last messages before `before`. */
export type Stretch = { from: number; limit: number; messages?: true } | { before: number; limit: number };

/** The reading half of a room log, for what happens at every join and for every subscriber that catches up. */
export type LogReader = {
  find(room: string): Promise<RoomHead | undefined>;
  /** The room, and what the user is in it. */
  access(room: string, user: string): Promise<RoomAccess | undefined>;
  /** Entries in ascending order. @throws ParleyError NOT_FOUND */
  read(room: string, stretch: Stretch): Promise<LogPage>;
  close(): Promise<void>;
};

export function noSuchRoom(): ParleyError {
  return new ParleyError('NOT_FOUND', 'There is no such room.');
}

/** The seq between which a stretch lies, both inclusive; empty when the first is the greater. */
export function boundsOf(stretch: Stretch, { oldest, head }: { oldest: number; head: number }): [number, number] {
  if ('from' in stretch) return [Math.max(stretch.from, oldest), head];
  return [oldest, Math.min(stretch.before - 1, head)];
}
