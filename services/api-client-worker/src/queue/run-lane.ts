import type { Database } from '@parley/common/runtime/database';
import type { Tables } from '../database/tables.ts';
import type { ClaimedJob, ClaimedLane } from './claim-lanes.ts';
import type { Completion } from './complete-jobs.ts';
import type { Completions } from './completions.ts';
import { releaseJobs } from './release-jobs.ts';

export type RunLaneOptions = {
  database: Pick<Database<Tables>, 'db'>;
  completions: Completions;
  /** Makes the attempt; undefined when it was broken off because the service stops. */
  attempt(lane: ClaimedLane, job: ClaimedJob): Promise<Completion | undefined>;
  /** Runs the task when one of the worker's deliveries at once is free. */
  slot<T>(task: () => Promise<T>): Promise<T>;
  /** How many attempts of the free lane at once. */
  retriesAtOnce: number;
  /** No attempt begins that could still be under way this long before the lease ends. */
  attemptMs: number;
  /** True once the service stops, or the endpoint was changed. */
  isEnding(): boolean;
  /** A result came too late to count. */
  onLate(): void;
};

/**
 * Attempts the jobs of a claimed lane: an ordered one's one after the other, a free one's a few at once. It ends early,
 * and gives the rest back, when the lease could run out, the endpoint asks for a pause or is gone, or somebody
 * changes it (in another process this is seen when the lane ends). Resolves when every result is written.
 */
export async function runLane(lane: ClaimedLane, options: RunLaneOptions): Promise<void> {
  const { database, completions, attempt, slot, retriesAtOnce, attemptMs, isEnding, onLate } = options;
  const left = [...lane.jobs];
  const unknown: ClaimedJob[] = [];
  const written: Promise<boolean>[] = [];
  let endpointChanged = false;

  const mayBegin = () => !endpointChanged && !isEnding() && Date.now() + attemptMs < lane.leaseUntil;

  async function next(): Promise<boolean> {
    if (!mayBegin()) return false;
    const job = left.shift();
    if (!job) return false;
    const completion = await attempt(lane, job);
    if (completion) {
      endpointChanged ||= completion.endpoint !== undefined;
      written.push(completions.add(completion));
    } else {
      unknown.push(job);
    }
    return true;
  }

  async function walk(): Promise<void> {
    while (await slot(next)) {
      // Each attempt waits for a slot of its own, so that a lane with many jobs does not keep others from theirs.
    }
  }

  await Promise.all(Array.from({ length: lane.lane === 'ordered' ? 1 : retriesAtOnce }, walk));
  for (const recorded of await Promise.all(written)) if (!recorded) onLate();
  await releaseJobs(database.db, [...left, ...unknown]);
}
