/** How a process stands: `calm`, or `overloaded`; `since`: from when on every sample has spoken for the other one. Times in ms. */
export type LoadState = { readonly isOverloaded: boolean; readonly since: number | undefined };

export type LoadRule = {
  /** A sample above this speaks for overload, one below half of it for calm; between them the state stays. */
  maxLagMs: number;
  /** For how long all samples must agree: one long pause (a garbage collection, a stopped virtual machine) is no overload. */
  overloadMs: number;
  calmMs: number;
};

export const calmState: LoadState = { isOverloaded: false, since: undefined };

/** The state after a sample of the event loop's lag, taken at `now`. */
export function nextLoadState(
  { isOverloaded, since }: LoadState,
  lagMs: number,
  now: number,
  rule: LoadRule,
): LoadState {
  const speaksForChange = isOverloaded ? lagMs < rule.maxLagMs / 2 : lagMs > rule.maxLagMs;
  if (!speaksForChange) return { isOverloaded, since: undefined };
  const agreeing = since ?? now;
  const needed = isOverloaded ? rule.calmMs : rule.overloadMs;
  if (now - agreeing < needed) return { isOverloaded, since: agreeing };
  return { isOverloaded: !isOverloaded, since: undefined };
}
