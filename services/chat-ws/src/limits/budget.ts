/** So many events at once, and as many again over each `windowMs`. */
export type Budget = { limit: number; windowMs: number };

/**
 * Spends one event of a budget that fills up steadily (the generic cell rate algorithm, ITU-T I.371 §A): its whole state is one number,
 * the time at which the budget is full again, so that an idle connection pays nothing for having one. `fullAt`: that number, 0 in the
 * beginning. Gives the next one, or how long to wait when there is nothing left; times in ms.
 */
export function spend(
  fullAt: number,
  now: number,
  { limit, windowMs }: Budget,
): { fullAt: number } | { waitMs: number } {
  const next = Math.max(fullAt, now) + windowMs / limit;
  // A millionth of the window is for what adding fractions loses.
  const waitMs = next - now - windowMs * 1.000001;
  return waitMs > 0 ? { waitMs: Math.max(1, waitMs) } : { fullAt: next };
}
