import type { ValueType } from '@parley/common/runtime/settings';
import { backoffMs } from '@parley/net/backoff';

/** Item k is the wait before attempt k + 1, in ms; after as many failures as there are items a job is dead. */
export type RetrySchedule = readonly number[];

/** ±20 %, so that what failed together does not come back together. */
const SPREAD = { from: 0.8, to: 1.2 };

/** The jittered wait after `failures` failures, in ms; undefined when the schedule is used up. @param random from 0 to 1 */
export function retryDelayMs(schedule: RetrySchedule, failures: number, random: number): number | undefined {
  const baseMs = schedule[failures];
  return baseMs === undefined ? undefined : backoffMs({ baseMs, factor: 1, spread: SPREAD }, 0, random);
}

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A longer wait does not fit a timer, and nobody waits for the answer any more. */
const MAX_DELAY_MS = 7 * 86_400_000;

/** Waits such as `0,5s,5m,2h`, separated by commas. The first is 0: events are first attempted in order, at once. */
export const retrySchedule = (): ValueType<number[]> => ({
  name: 'list of waits',
  parse(raw) {
    const waits = raw.split(',').map((part) => waitMs(part.trim()));
    if (waits[0] !== 0 || waits.some((ms) => !(ms <= MAX_DELAY_MS))) {
      throw new Error('is not a list of waits such as 0,5s,5m,2h, the first 0, each at most 7d');
    }
    return waits;
  },
});

function waitMs(text: string): number {
  const [, digits, unit = 'ms'] = /^(\d{1,9})(ms|s|m|h|d)?$/.exec(text) ?? [];
  return digits === undefined ? Number.NaN : Number(digits) * (UNITS[unit] ?? 1);
}
