import { ParleyError } from '@parley/common/runtime/errors';
import type { Stamp } from '../replay-guard.ts';

export type LeasePolicy = {
  /** For who wishes for none. */
  leaseMs: number;
  leaseMinMs: number;
  leaseMaxMs: number;
  /** How far a sender's clock may be from ours; 0: clocks are not compared. */
  clockToleranceMs: number;
};

/** The lease for a wish: as wished, within bounds. */
export function grantedLeaseMs(wishedMs: number | undefined, { leaseMs, leaseMinMs, leaseMaxMs }: LeasePolicy): number {
  return wishedMs === undefined ? leaseMs : Math.min(leaseMaxMs, Math.max(leaseMinMs, wishedMs));
}

/**
 * Senders count their requests in milliseconds since 1970, or one more than the last. So a recorded request is
 * worthless after a while even to a registry that was restarted and remembers no stamps.
 * @throws ParleyError CONFLICT
 */
export function checkFreshness({ sequence }: Stamp, wallClockMs: number, { clockToleranceMs }: LeasePolicy): void {
  if (clockToleranceMs === 0) return;
  const offMs = Math.abs(Number(sequence) - wallClockMs);
  if (offMs > clockToleranceMs) {
    throw new ParleyError('CONFLICT', 'The request is too old, or the clocks of sender and registry differ too much.');
  }
}

/** How long stamps must be remembered: until the check above refuses whatever bears them, and as long as any lease. */
export function rememberStampsMs({ clockToleranceMs, leaseMs, leaseMaxMs }: LeasePolicy): number {
  return Math.max(2 * clockToleranceMs, leaseMs, leaseMaxMs);
}
