import { beforeEach, expect, test, vi } from 'vitest';
import { createLimiter } from './limiter.ts';

const clock = { now: 0 };
const onRefused = vi.fn();
beforeEach(() => {
  clock.now = 5_000;
  onRefused.mockReset();
});

const openLimiter = (maxKeys = 100) =>
  createLimiter({ limit: 2, windowMs: 1_000, maxKeys, onRefused, now: () => clock.now });

test('counts by key in a window that begins with the first try', () => {
  const limiter = openLimiter();
  expect(limiter.take('a')).toEqual({ limit: 2, remaining: 1, resetMs: 1_000, isOver: false });
  clock.now += 999;
  expect(limiter.take('a')).toEqual({ limit: 2, remaining: 0, resetMs: 1, isOver: false });
  expect(onRefused).not.toHaveBeenCalled();
  expect(limiter.take('a')).toEqual({ limit: 2, remaining: 0, resetMs: 1, isOver: true });
  expect(onRefused).toHaveBeenCalledTimes(1);
  expect(limiter.take('b')).toMatchObject({ isOver: false });
  clock.now += 1;
  expect(limiter.take('a')).toEqual({ limit: 2, remaining: 1, resetMs: 1_000, isOver: false });
});

test('gives back and forgets', () => {
  const limiter = openLimiter();
  for (const _ of [1, 2, 3]) limiter.take('a');
  limiter.giveBack('a');
  limiter.giveBack('a');
  expect(limiter.take('a')).toMatchObject({ remaining: 0, isOver: false });
  limiter.forget('a');
  expect(limiter.take('a')).toMatchObject({ remaining: 1 });
  limiter.giveBack('nobody');
  expect(limiter.take('nobody')).toMatchObject({ remaining: 1 });
});

test('of too many keys, the one that began first is forgotten', () => {
  const limiter = openLimiter(2);
  for (const key of ['a', 'b', 'b', 'c']) limiter.take(key);
  expect(limiter.take('b')).toMatchObject({ isOver: true });
  expect(limiter.take('a')).toMatchObject({ remaining: 1 });
});

test('what has ended makes room, so nobody else is forgotten', () => {
  const limiter = openLimiter(2);
  limiter.take('a');
  clock.now += 500;
  limiter.take('b');
  limiter.take('b');
  clock.now += 500;
  limiter.take('c');
  expect(limiter.take('b')).toMatchObject({ isOver: true });
});
