import type { FanoutLimits } from './limits.ts';
import type { LogStretch, Sequenced } from './outlet.ts';

/** Where a room stands: its last entry, and the first one that is still in memory (`head + 1`: none). */
export type RoomState = { readonly head: number; readonly tailFirst: number };

/** Where a subscriber stands: the first `seq` it has not been given, and what its socket still holds. */
export type Position = { readonly next: number; readonly pendingBytes: number };

/**
 * What a subscriber that is behind does now: become `live`, `wait` for its socket, take a chunk from the `tail`, or read the `log`.
 */
export function nextStep(at: Position, room: RoomState, limits: FanoutLimits): 'live' | 'wait' | 'tail' | 'log' {
  if (at.next > room.head) return at.pendingBytes > limits.behindBytes ? 'wait' : 'live';
  if (at.pendingBytes > limits.lowBytes) return 'wait';
  return at.next >= room.tailFirst ? 'tail' : 'log';
}

/**
 * What a live subscriber does when the room's head has moved: nothing (`idle`: it has been given everything), take the `tail`, or fall
 * `behind` because its socket is full or the entries are not in memory any more.
 */
export function onHeadMoved(at: Position, room: RoomState, limits: FanoutLimits): 'idle' | 'tail' | 'behind' {
  if (at.next > room.head) return 'idle';
  return at.pendingBytes > limits.behindBytes || at.next < room.tailFirst ? 'behind' : 'tail';
}

/**
 * The first `seq` from `from` on that the log still has, by what a read from there gave: later than `from` when entries were trimmed,
 * and after the head when all were. Undefined when the log knows neither `from` nor anything later: the read is to be repeated.
 */
export function firstThere(from: number, stretch: LogStretch<Sequenced>): number | undefined {
  const first = stretch.entries[0]?.seq;
  if (first !== undefined) return Math.max(first, from);
  return stretch.oldest > from ? stretch.oldest : undefined;
}
