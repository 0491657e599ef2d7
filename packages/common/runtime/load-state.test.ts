import { expect, it } from 'vitest';
import { calmState, type LoadState, nextLoadState } from './load-state.ts';

const rule = { maxLagMs: 100, overloadMs: 1_000, calmMs: 2_000 };

/** The times at which the state changes, given samples of lag at times. */
function changes(samples: [now: number, lagMs: number][]): number[] {
  let state: LoadState = calmState;
  return samples.flatMap(([now, lagMs]) => {
    const before = state.isOverloaded;
    state = nextLoadState(state, lagMs, now, rule);
    return state.isOverloaded === before ? [] : [now];
  });
}

const every = (from: number, to: number, lagMs: number): [number, number][] => {
  const samples: [number, number][] = [];
  for (let now = from; now <= to; now += 100) samples.push([now, lagMs]);
  return samples;
};

it('is overloaded when the lag has been too long for some time, and calm again when it has been short for longer', () => {
  expect(changes([...every(0, 2_000, 150), ...every(2_100, 6_000, 10)])).toEqual([1_000, 4_100]);
});

it('does not take one long pause for overload', () => {
  expect(changes([...every(0, 500, 1), [6_000, 5_400], ...every(6_100, 9_000, 1)])).toEqual([]);
});

it('does not swing at the limit: it stays as it is between half of the limit and the limit', () => {
  const atTheLimit = Array.from({ length: 100 }, (_, n): [number, number] => [n * 100, n % 2 === 0 ? 105 : 95]);
  expect(changes(atTheLimit)).toEqual([]);
  expect(changes([...every(0, 1_000, 150), ...every(1_100, 9_000, 60)])).toEqual([1_000]);
  const almostCalm = Array.from({ length: 100 }, (_, n): [number, number] => [1_100 + n * 100, n % 15 === 0 ? 70 : 10]);
  expect(changes([...every(0, 1_000, 150), ...almostCalm])).toEqual([1_000]);
});
