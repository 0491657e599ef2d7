import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlidingWindow } from './sliding-window.ts';

test('takes the limit at once, then says when there is room again', () => {
  const window = new SlidingWindow(3, 1_000);
  expect([0, 10, 20].map((now) => window.take(now))).toEqual([0, 0, 0]);
  expect(window.take(30)).toBe(970);
  expect(window.take(999)).toBe(1);
  expect(window.take(1_000)).toBe(0);
  expect(window.take(1_001)).toBe(9);
  expect(window.isIdle(1_100)).toBe(false);
  expect(window.isIdle(9_999)).toBe(true);
});

test('no stretch of the window ever has more than the limit, and what is refused would have been too much', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.array(fc.nat(40), { maxLength: 400 }), (limit, pauses) => {
      const window = new SlidingWindow(limit, 500);
      const taken: number[] = [];
      let now = 0;
      for (const pause of pauses) {
        now += pause;
        const counting = taken.filter((at) => at > now - 500).length;
        const waitMs = window.take(now);
        expect(waitMs === 0).toBe(counting < limit);
        if (waitMs === 0) taken.push(now);
        else expect(taken.filter((at) => at > now + waitMs - 500).length).toBeLessThan(limit);
      }
    }),
  );
});
