import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

it('grows by its factor and stops at its maximum', () => {
  const backoff = { baseMs: 100, maxMs: 1000, spread: { from: 1, to: 1 } };
  expect([0, 1, 2, 3, 4, 60, 5000].map((attempt) => backoffMs(backoff, attempt, 0.5))).toEqual([
    100, 200, 400, 800, 1000, 1000, 1000,
  ]);
});

it('has the times of RFC 7252 §4.2: 2 s × 1 to 1.5, doubled', () => {
  const confirmable = { baseMs: 2000, spread: { from: 1, to: 1.5 } };
  expect([0, 1, 2, 3, 4].map((attempt) => backoffMs(confirmable, attempt, 0))).toEqual([
    2000, 4000, 8000, 16000, 32000,
  ]);
  expect(backoffMs(confirmable, 0, 1)).toBe(3000);
});

it('stays within its spread', () => {
  const attempts = fc.record({
    baseMs: fc.integer({ min: 1, max: 10_000 }),
    attempt: fc.nat(40),
    random: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(attempts, ({ baseMs, attempt, random }) => {
      const delay = backoffMs({ baseMs, maxMs: 60_000, spread: { from: 0.8, to: 1.2 } }, attempt, random);
      const grown = Math.min(60_000, baseMs * 2 ** attempt);
      expect(delay).toBeGreaterThanOrEqual(Math.floor(grown * 0.8));
      expect(delay).toBeLessThanOrEqual(Math.ceil(grown * 1.2));
    }),
  );
});
