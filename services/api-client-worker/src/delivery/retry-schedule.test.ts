import { expect, test } from 'vitest';
import { retryDelayMs, retrySchedule } from './retry-schedule.ts';

const { parse } = retrySchedule();

test('waits are read with their units', () => {
  expect(parse('0,5s,5m,2h,1d,250ms,7')).toEqual([0, 5_000, 300_000, 7_200_000, 86_400_000, 250, 7]);
  expect(parse('0')).toEqual([0]);
});

test.each(['', '5s', '0,', '0,-1s', '0,5 s', '0,8d', '0,1w', '0,1.5s', 'soon'])('"%s" is refused', (text) => {
  expect(() => parse(text)).toThrow('list of waits');
});

test('C12 each wait has ±20 % of jitter, and after the last there is none', () => {
  expect(retryDelayMs([0, 1_000], 0, 0.9)).toBe(0);
  expect(retryDelayMs([0, 1_000], 1, 0)).toBe(800);
  expect(retryDelayMs([0, 1_000], 1, 0.5)).toBe(1_000);
  expect(retryDelayMs([0, 1_000], 1, 1)).toBe(1_200);
  expect(retryDelayMs([0, 1_000], 2, 0.5)).toBeUndefined();
});
