import { expect, test } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

const now = Date.parse('2026-03-01T12:00:00Z');

test.each([
  ['120', 120_000],
  [' 1 ', 1_000],
  ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
  ['999999999999', 3_600_000],
  ['Sun, 01 Mar 2027 12:00:30 GMT', 3_600_000],
  ['0', undefined],
  ['Sun, 01 Mar 2026 11:00:00 GMT', undefined],
  ['-5', undefined],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
])('C12 Retry-After: %s', (header, ms) => {
  expect(retryAfterMs(header, now, 3_600_000)).toBe(ms);
});
