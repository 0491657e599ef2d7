import { expect, test } from 'vitest';
import { ResendPace } from './resend-pace.ts';

test('as many posts in one window as chat-ws takes', () => {
  const pace = new ResendPace({ posts: 2, postsWindowMs: 100 });
  expect([pace.take(0), pace.take(1), pace.take(2), pace.take(60)]).toEqual([0, 0, 98, 40]);
  expect(pace.isOver(99)).toBe(false);
  expect([pace.take(100), pace.take(150), pace.take(150)]).toEqual([0, 0, 50]);
  expect(pace.isOver(200)).toBe(true);
});
