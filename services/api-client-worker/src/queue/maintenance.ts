import type { Database } from '@parley/common/runtime/database';
import { repeat } from '@parley/common/runtime/repeat';
import type { ServiceContext } from '@parley/common/runtime/start-service';
import type { Tables } from '../database/tables.ts';
import type { Feeds } from '../feeds/follow-feeds.ts';
import type { Figures } from '../figures.ts';
import type { JobStore } from '../jobs/job-store.ts';
import type { Settings } from '../settings.ts';
import { prune } from './prune.ts';
import { releaseExpired } from './release-jobs.ts';

export type MaintenanceOptions = {
  context: ServiceContext<Settings>;
  database: Pick<Database<Tables>, 'db'>;
  figures: Figures;
  jobs: JobStore;
  feeds: Feeds;
};

const MEASURE_MS = 1_000;
const PRUNE_MS = 60_000;
const PRUNE_ROWS = 500;

/** What comes again and again: expired leases, figures, and deleting what has been kept long enough. */
export function startMaintenance({ context, database, figures, jobs, feeds }: MaintenanceOptions): void {
  const { settings, log, closers } = context;
  const { keepDoneMs, keepDeadMs, pollMs } = settings;

  async function measure(): Promise<void> {
    feeds.measureLag();
    for (const [state, count] of Object.entries(await jobs.countOpen())) figures.jobs.set({ state }, count);
  }
  async function release(): Promise<void> {
    const released = await releaseExpired(database.db, Date.now());
    if (released === 0) return;
    figures.expiredLeases.inc(released);
    log.warn({ jobs: released }, 'leases have expired: a worker was killed or is too slow');
  }
  async function clean(): Promise<void> {
    while (!closers.closing.aborted) {
      const deleted = await prune(database.db, { now: Date.now(), keepDoneMs, keepDeadMs, limit: PRUNE_ROWS });
      if (deleted === 0) return;
    }
  }

  repeat(measure, { name: 'measure', everyMs: MEASURE_MS, log, closers });
  repeat(release, { name: 'release expired leases', everyMs: pollMs, log, closers });
  repeat(clean, { name: 'prune', everyMs: PRUNE_MS, log, closers });
}
