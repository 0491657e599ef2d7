import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toIsoTime } from './to-iso-time.ts';

const furthest = 8.64e15;

test('a time is written as Date writes it, whichever was written before', () => {
  const anyTime = fc.oneof(
    fc.integer({ min: -furthest, max: furthest }),
    fc.integer({ min: 1_700_000_000_000, max: 1_700_000_003_000 }),
    fc.integer({ min: -2_000, max: 2_000 }),
  );
  fc.assert(
    fc.property(fc.array(anyTime), (times) => {
      expect(times.map(toIsoTime)).toEqual(times.map((ms) => new Date(ms).toISOString()));
    }),
  );
});

test('what is no time is refused, and does not spoil the next', () => {
  expect(() => toIsoTime(Number.NaN)).toThrow(RangeError);
  expect(() => toIsoTime(furthest + 1_000)).toThrow(RangeError);
  expect(toIsoTime(0)).toBe('1970-01-01T00:00:00.000Z');
});
