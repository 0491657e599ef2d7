import { expect, test } from 'vitest';
import { ResendPace } from './resend-pace.ts';

const forAnAnswer = Number.POSITIVE_INFINITY;

test('as many posts in one window as chat-ws takes, counted from the last answer', () => {
  const pace = new ResendPace({ posts: 2, postsWindowMs: 100 });
  expect([1, 2, 3].map((n) => pace.take(n, 0))).toEqual([0, 0, forAnAnswer]);
  pace.done(1, 50);
  expect(pace.take(3, 500)).toBe(forAnAnswer);
  pace.done(2, 500);
  pace.done(9, 550);
  expect(pace.take(3, 540)).toBe(60);
  expect(pace.isOver(599)).toBe(false);
  expect([3, 4, 5].map((n) => pace.take(n, 600))).toEqual([0, 0, forAnAnswer]);
  expect(pace.isOver(1_000)).toBe(false);
  pace.done(3, 1_000);
  pace.done(4, 1_000);
  expect(pace.isOver(1_100)).toBe(true);
});
