export type Backoff = {
  /** The delay before the first repetition, in ms. */
  baseMs: number;
  /** What the delay is multiplied with from one repetition to the next. */
  factor?: number;
  /** The delay stops growing here; the spread is applied afterwards. */
  maxMs?: number;
  /**
   * The delay is multiplied with a number drawn from this range, so that many clients that failed in the same moment
   * do not come back in the same moment. RFC 7252 §4.2 has 1 to 1.5.
   */
  spread?: { from: number; to: number };
};

/**
 * The delay before repetition number `attempt` (0 is the first), in whole ms. All of Parley's repetitions take their
 * delays from here.
 * @param random from 0 to 1. Give the same number for every attempt to have each delay exactly `factor` times the last.
 */
export function backoffMs(backoff: Backoff, attempt: number, random: number): number {
  const { baseMs, factor = 2, maxMs = Number.POSITIVE_INFINITY, spread = { from: 0.5, to: 1 } } = backoff;
  const grown = Math.min(maxMs, baseMs * factor ** attempt);
  return Math.round(grown * (spread.from + (spread.to - spread.from) * random));
}
