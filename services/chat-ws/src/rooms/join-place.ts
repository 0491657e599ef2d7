import type { Join } from '@parley/common/contracts/chat/join';

/** A room's log as a join finds it. `oldest`: the first `seq` that it still has, as far as is known. */
export type LogState = { readonly epoch: string; readonly head: number; readonly oldest: number };

/** Where a reader begins. `fromFirst`: at the first entry there is, so that nothing is missing before it. */
export type Place = { next: number; fromFirst: boolean; recovered: boolean };

/** Whether it makes a difference to who joins with `after` which entry is the log's first. */
export function needsOldest(after: Join['after'], { epoch, head }: Pick<LogState, 'epoch' | 'head'>): boolean {
  return after !== undefined && (after === 'start' || after.epoch !== epoch || after.seq !== head);
}

/**
 * Where a reader begins that wants what is behind `after`. `recovered`: everything behind it follows. A position of another epoch, or one
 * beyond the head, means nothing here: the reader is given the log from its first entry on. What was trimmed behind a good position is
 * told by a `gap`.
 */
export function placeAfter(after: Join['after'], { epoch, head, oldest }: LogState): Place {
  if (after === undefined) return { next: head + 1, fromFirst: false, recovered: true };
  if (after === 'start') return { next: oldest, fromFirst: true, recovered: true };
  if (after.epoch !== epoch || after.seq > head) return { next: oldest, fromFirst: true, recovered: false };
  return { next: after.seq + 1, fromFirst: false, recovered: after.seq + 1 >= oldest };
}
