import { expect, test } from 'vitest';
import { firstThere, nextStep, onHeadMoved } from './decide.ts';
import { defaultFanoutLimits } from './limits.ts';

const limits = { ...defaultFanoutLimits, behindBytes: 100, lowBytes: 10 };
const room = { head: 20, tailFirst: 15 };

test('a subscriber that is behind', () => {
  const step = (next: number, pendingBytes: number) => nextStep({ next, pendingBytes }, room, limits);
  expect(step(21, 0)).toBe('live');
  expect(step(25, 100)).toBe('live');
  expect(step(21, 101)).toBe('wait');
  expect(step(18, 11)).toBe('wait');
  expect(step(15, 10)).toBe('tail');
  expect(step(14, 10)).toBe('log');
});

test('a live subscriber when the head has moved', () => {
  const moved = (next: number, pendingBytes: number) => onHeadMoved({ next, pendingBytes }, room, limits);
  expect(moved(21, 500)).toBe('idle');
  expect(moved(20, 100)).toBe('tail');
  expect(moved(20, 101)).toBe('behind');
  expect(moved(14, 0)).toBe('behind');
});

test('the first entry that the log still has', () => {
  const entries = [{ seq: 7 }, { seq: 8 }];
  expect(firstThere(7, { entries, oldest: 1, head: 9 })).toBe(7);
  expect(firstThere(3, { entries, oldest: 7, head: 9 })).toBe(7);
  expect(firstThere(3, { entries: [], oldest: 10, head: 9 })).toBe(10);
  expect(firstThere(9, { entries: [], oldest: 1, head: 8 })).toBeUndefined();
});
