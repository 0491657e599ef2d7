import type { Closers } from '@parley/common/runtime/closers';
import type { Logger } from '@parley/common/runtime/logger';
import type { Announcement, Registry } from './registry.ts';

/** What has expired is not shown any more in any case; this is how soon its memory is given back. */
const SWEEP_MS = 1000;

export type LeaseKeeping = {
  registry: Registry;
  /** The registry's own entry: it is there for as long as the process runs. */
  self: Announcement;
  leaseMs: number;
  now: () => number;
  log: Logger;
  closers: Closers;
};

/** Lists the registry itself, and forgets leases that have ended. */
export function keepLeases({ registry, self, leaseMs, now, log, closers }: LeaseKeeping): void {
  let sequence = 0n;
  function beat(): void {
    sequence += 1n;
    registry.announce(self, { stamp: { epoch: 1n, sequence }, now: now(), leaseMs });
    for (const { name, instance } of registry.expire(now())) log.warn({ service: name, instance }, 'lease expired');
  }
  beat();
  const timer = setInterval(beat, Math.min(SWEEP_MS, leaseMs / 3));
  closers.push('leases', () => clearInterval(timer));
}
