import type { Closers } from './closers.ts';
import { calmState, type LoadRule, nextLoadState } from './load-state.ts';
import type { Logger } from './logger.ts';
import type { Check } from './readiness.ts';

/** How often the loop is looked at; a timer costs next to nothing. */
const sampleMs = 100;

/** See `LoadRule`. */
const overloadMs = 1_000;
const calmMs = 2_000;

export type LoopLag = {
  /** How late the loop was, as of the last look, in ms. */
  readonly lagMs: number;
  /** Whether new work should be refused. */
  readonly isOverloaded: boolean;
  /** For `/readyz`. */
  readonly check: Check;
};

/**
 * Watches how late the event loop is by a timer of its own. Above `maxLagMs` for a second the process counts as overloaded, until
 * the lag has been below half of that for two.
 */
export function watchLoopLag(options: { maxLagMs: number; log: Logger; closers: Closers }): LoopLag {
  const rule: LoadRule = { maxLagMs: options.maxLagMs, overloadMs, calmMs };
  let state = calmState;
  let lagMs = 0;
  let expected = performance.now() + sampleMs;

  function look(): void {
    const now = performance.now();
    lagMs = Math.max(0, now - expected);
    expected = now + sampleMs;
    const before = state.isOverloaded;
    state = nextLoadState(state, lagMs, now, rule);
    if (state.isOverloaded === before) return;
    if (before) options.log.info({ lagMs }, 'the event loop keeps up again');
    else options.log.warn({ lagMs }, 'the event loop does not keep up: overloaded');
  }

  const timer = setInterval(look, sampleMs);
  timer.unref();
  options.closers.push('watch on the event loop', () => clearInterval(timer));
  return {
    get lagMs() {
      return lagMs;
    },
    get isOverloaded() {
      return state.isOverloaded;
    },
    check: { name: 'load', check: () => (state.isOverloaded ? 'the process is overloaded' : undefined) },
  };
}
