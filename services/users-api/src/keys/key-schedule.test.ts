import { expect, test } from 'vitest';
import { type ScheduledKey, scheduleKeys } from './key-schedule.ts';

const times = { rotateMs: 1_000, leadMs: 100, keepMs: 50 };
const key = (generation: number, signsFrom: number, canSign = true): ScheduledKey => ({
  generation,
  signsFrom,
  canSign,
});

test('without keys the first signs at once', () => {
  expect(scheduleKeys([], 7, times)).toEqual({
    signing: undefined,
    published: [],
    dead: [],
    next: { generation: 1, signsFrom: 7 },
  });
});

test('one life: made, published, signing, verifying, gone', () => {
  const [first, second] = [key(1, 0), key(2, 1_000)];
  expect(scheduleKeys([first], 899, times)).toMatchObject({ signing: first, next: undefined });
  expect(scheduleKeys([first], 900, times)).toMatchObject({
    signing: first,
    next: { generation: 2, signsFrom: 1_000 },
  });
  expect(scheduleKeys([first, second], 999, times)).toMatchObject({ signing: first, published: [first, second] });
  expect(scheduleKeys([first, second], 1_000, times)).toMatchObject({ signing: second, published: [first, second] });
  expect(scheduleKeys([first, second], 1_049, times)).toMatchObject({ published: [first, second], dead: [] });
  expect(scheduleKeys([first, second], 1_050, times)).toMatchObject({ published: [second], dead: [first] });
});

test('a service that slept publishes the next key before it signs, and signs with the old one meanwhile', () => {
  const [first, second] = [key(1, 0), key(2, 5_100)];
  expect(scheduleKeys([first], 5_000, times)).toMatchObject({
    signing: first,
    next: { generation: 2, signsFrom: 5_100 },
  });
  expect(scheduleKeys([first, second], 5_001, times)).toMatchObject({ signing: first, next: undefined });
});

test('a lead longer than a turn makes no flood of keys', () => {
  const hasty = { rotateMs: 100, leadMs: 1_000, keepMs: 50 };
  const keys = [key(1, 0)];
  for (let now = 0; now < 10_000; now += 10) {
    const { next } = scheduleKeys(keys, now, hasty);
    if (next) keys.push(key(next.generation, next.signsFrom));
  }
  expect(keys.length).toBeLessThanOrEqual(10_000 / 100 + 2);
  expect(keys.every(({ signsFrom }, i) => i === 0 || signsFrom - (keys[i - 1]?.signsFrom ?? 0) >= 100)).toBe(true);
});

test('when no private key can be read, a new one signs at once and the others stay published', () => {
  const keys = [key(1, 0, false), key(2, 1_000, false)];
  expect(scheduleKeys(keys, 1_010, times)).toMatchObject({
    signing: undefined,
    published: keys,
    next: { generation: 3, signsFrom: 1_010 },
  });
});
