import { expect, it } from 'vitest';
import { RequestStamps } from './request-stamps.ts';

it('counts in milliseconds, always forward, also when the clock stands still or goes back', () => {
  const stamps = new RequestStamps();
  const sequences = [1000, 1000, 1000, 1500, 900].map((clock) => stamps.next(clock).sequence);
  expect(sequences).toEqual([1000n, 1001n, 1002n, 1500n, 1501n]);
  expect(stamps.next(2000)).toEqual({ epoch: 1000n, sequence: 2000n });
});

it('can begin again with another clock, in a later epoch', () => {
  const stamps = new RequestStamps();
  stamps.next(9_000_000);
  stamps.restart(5000);
  expect(stamps.next(5000)).toEqual({ epoch: 9_000_001n, sequence: 5000n });
});
