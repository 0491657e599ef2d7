import type { Database } from '@parley/common/runtime/database';
import type { Logger } from '@parley/common/runtime/logger';
import type { Tables } from '../database/tables.ts';
import { type ClaimedLane, claimLanes } from './claim-lanes.ts';

export type DispatcherOptions = {
  database: Pick<Database<Tables>, 'db' | 'kind'>;
  log: Logger;
  /** Lanes under way at once. */
  maxLanes: number;
  batchSize: number;
  leaseMs: number;
  pollMs: number;
  run(lane: ClaimedLane): Promise<void>;
};

/**
 * Claims lanes and runs them, as many at once as it may. It looks for work when woken, when a lane has ended, and every
 * `pollMs`: that is how it finds retries that have become due and what other processes have queued.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #lanes = new Map<ClaimedLane, Promise<void>>();
  readonly #stale = new WeakSet<ClaimedLane>();
  readonly #loop: Promise<void>;
  #stopping = false;
  #woken = false;
  #endPause = () => {};
  #failing = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#loop = this.#run();
  }

  /** There may be something to do. */
  wake(): void {
    this.#woken = true;
    this.#endPause();
  }

  /** The endpoint is not what it was when its lanes were claimed: they end after what is under way. */
  endpointChanged(id: string): void {
    for (const lane of this.#lanes.keys()) if (lane.endpoint.id === id) this.#stale.add(lane);
    this.wake();
  }

  /** Whether a lane may begin no more attempts. */
  isEnding(lane: ClaimedLane): boolean {
    return this.#stopping || this.#stale.has(lane);
  }

  /** Claims nothing more; resolves when every lane has ended. */
  async close(): Promise<void> {
    this.#stopping = true;
    this.wake();
    await this.#loop;
    await Promise.all(this.#lanes.values());
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#woken = false;
      const free = this.#options.maxLanes - this.#lanes.size;
      const lanes = free > 0 ? await this.#claim(free) : [];
      for (const lane of lanes) this.#start(lane);
      if (lanes.length === 0 && !this.#woken) await this.#pause();
    }
  }

  async #claim(free: number): Promise<ClaimedLane[]> {
    const { database, log, leaseMs, batchSize } = this.#options;
    const now = Date.now();
    // An endpoint may give both of its lanes.
    const maxEndpoints = Math.ceil(free / 2);
    try {
      const lanes = await claimLanes(database, { now, leaseUntil: now + leaseMs, maxEndpoints, batchSize });
      this.#failing = false;
      return lanes;
    } catch (err) {
      if (!this.#failing) log.error({ err }, 'jobs cannot be claimed; trying again');
      this.#failing = true;
      return [];
    }
  }

  #start(lane: ClaimedLane): void {
    const { run, log } = this.#options;
    const running = run(lane)
      .catch((err) =>
        log.error({ err, endpoint: lane.endpoint.id }, 'a lane failed; its jobs come again after their lease'),
      )
      .finally(() => {
        this.#lanes.delete(lane);
        this.wake();
      });
    this.#lanes.set(lane, running);
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#options.pollMs);
    this.#endPause = resolve;
    await promise;
    clearTimeout(timer);
  }
}
