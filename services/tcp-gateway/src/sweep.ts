import type { Closers } from '@parley/common/runtime/closers';
import type { GatewaySettings } from './settings.ts';

/** Something with time-outs. `now` is on the clock of `performance.now()`. */
type Swept = { sweep(now: number): void };

export type SweepOptions = {
  settings: GatewaySettings;
  closers: Closers;
  links: Swept;
  clients: Iterable<Swept>;
};

/** One timer looks after all time-outs of all connections. */
export function startSweep({ settings, closers, links, clients }: SweepOptions): void {
  const timer = setInterval(() => {
    const now = performance.now();
    links.sweep(now);
    for (const client of clients) client.sweep(now);
  }, sweepEveryMs(settings));
  closers.push('time-outs', () => clearInterval(timer));
}

/** Often enough to miss no time of the settings by much. */
export function sweepEveryMs(settings: GatewaySettings): number {
  const { waitMs, answerMs, loginMs, closeMs, halfClosedMs, heartbeatMs, heartbeatTimeoutMs, stalledMs } = settings;
  const times = [waitMs, answerMs, loginMs, closeMs, halfClosedMs, heartbeatMs, heartbeatTimeoutMs, stalledMs];
  return Math.max(5, Math.min(500, Math.floor(Math.min(...times) / 4)));
}
