import { expect, test } from 'vitest';
import { formatFigure, median, quantile } from './figure.ts';

test.each([
  [5.4321, { op: '>=', value: 5 }, 'BENCH chat.x 5.43 ratio bar >= 5 met'],
  [4.999, { op: '>=', value: 5 }, 'BENCH chat.x 5 ratio bar >= 5 missed'],
  [12_345, { op: '<=', value: 200 }, 'BENCH chat.x 12300 ratio bar <= 200 missed'],
  [0.5, { op: '<=', value: 0.5 }, 'BENCH chat.x 0.5 ratio bar <= 0.5 met'],
] as const)('%d with the bar %o', (value, bar, line) => {
  expect(formatFigure({ id: 'chat.x', value, unit: 'ratio', bar })).toBe(line);
});

test('the median is the middle one, or between the two', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

test('a quantile is the value that so many are not above', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(quantile(hundred, 0.99)).toBe(99);
  expect(quantile(hundred, 1)).toBe(100);
  expect(quantile([7], 0.99)).toBe(7);
});
