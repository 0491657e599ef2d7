import type { Database } from '@parley/common/runtime/database';
import type { ServiceContext } from '@parley/common/runtime/start-service';
import PQueue from 'p-queue';
import type { Tables } from '../database/tables.ts';
import { attemptJob } from '../delivery/attempt-job.ts';
import type { Figures } from '../figures.ts';
import { createGuardedAgents } from '../guard/guarded-agents.ts';
import type { TargetPolicy } from '../guard/target-policy.ts';
import type { Settings } from '../settings.ts';
import type { ClaimedLane } from './claim-lanes.ts';
import { Completions } from './completions.ts';
import { Dispatcher } from './dispatcher.ts';
import { releaseAll } from './release-jobs.ts';
import { runLane } from './run-lane.ts';

export type QueueOptions = {
  context: ServiceContext<Settings>;
  database: Pick<Database<Tables>, 'db' | 'kind'>;
  figures: Figures;
  policy: TargetPolicy;
};

export type Queue = {
  /** There may be a job that is due. */
  wake(): void;
  /** What is queued for it is no longer sent as it was. */
  endpointChanged(id: string): void;
};

/** Starts delivering what is queued. */
export async function startQueue({ context, database, figures, policy }: QueueOptions): Promise<Queue> {
  const { settings, log, keys, closers, version } = context;
  const { deliveryTimeoutMs, leaseMarginMs, concurrency, batchSize, pollMs, drainMs } = settings;

  // A SQLite file has one process: what is still running in it was under way when the last one was killed.
  if (database.kind === 'sqlite') await releaseAll(database.db);

  const agents = createGuardedAgents({ policy, lookupTimeoutMs: settings.connectTimeoutMs, ...settings });
  closers.push('connections to endpoints', agents.destroy);
  const completions = new Completions(database, log);
  const cancel = new AbortController();
  const slots = new PQueue({ concurrency });
  const send = {
    agents,
    userAgent: `Parley/${version} (webhooks)`,
    timeoutMs: deliveryTimeoutMs,
    connectTimeoutMs: settings.connectTimeoutMs,
    maxResponseBytes: settings.maxResponseBytes,
    signal: cancel.signal,
  };
  const attempt = { keys, log, figures, send, schedule: settings.retrySchedule, ...settings };

  const run = (lane: ClaimedLane) =>
    runLane(lane, {
      database,
      completions,
      attempt: (claimed, job) => attemptJob(claimed, job, attempt),
      slot: (task) => slots.add(task),
      retriesAtOnce: settings.endpointConcurrency - 1,
      // Half of the margin is for beginning attempts, the other half for writing what came of the last one.
      attemptMs: deliveryTimeoutMs + leaseMarginMs / 2,
      isEnding: () => dispatcher.isEnding(lane),
      onLate: () => figures.lateResults.inc(),
    });
  const leaseMs = deliveryTimeoutMs + leaseMarginMs;
  const dispatcher = new Dispatcher({ database, log, maxLanes: concurrency, batchSize, leaseMs, pollMs, run });

  closers.push('deliveries', async () => {
    // What is under way may end; half-way to the deadline it is broken off, and attempted again after the next start.
    const impatience = setTimeout(() => {
      cancel.abort();
      void completions.close();
    }, drainMs / 2);
    await dispatcher.close();
    clearTimeout(impatience);
  });
  return { wake: () => dispatcher.wake(), endpointChanged: (id) => dispatcher.endpointChanged(id) };
}
