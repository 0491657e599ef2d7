import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spend } from './budget.ts';

const budget = { limit: 40, windowMs: 2_000 };

/** What of `times` goes through. */
function spendAll(times: number[]): number[] {
  let fullAt = 0;
  return times.filter((now) => {
    const spent = spend(fullAt, now, budget);
    if ('waitMs' in spent) return false;
    fullAt = spent.fullAt;
    return true;
  });
}

test('the whole budget may be spent at once, then one event each time there is one again', () => {
  expect(spendAll(Array(60).fill(1_000))).toHaveLength(40);
  const after = [...Array(60).fill(1_000), 1_049, 1_050, 1_051, 1_100];
  expect(spendAll(after).slice(40)).toEqual([1_050, 1_100]);
});

test('who waits as told goes through; who does not is never given more than the budget and what came since', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(60), { maxLength: 400 }), (pauses) => {
      let now = 5_000;
      const times = pauses.map((pause) => {
        now += pause;
        return now;
      });
      const through = spendAll(times);
      for (const [index, from] of through.entries()) {
        const span = now - from;
        expect(through.length - index).toBeLessThanOrEqual(budget.limit + Math.ceil((span * budget.limit) / 2_000));
      }
    }),
  );
  const empty = spend(4_000, 2_000, budget);
  expect('waitMs' in empty && 'fullAt' in spend(4_000, 2_000 + empty.waitMs, budget)).toBe(true);
});
