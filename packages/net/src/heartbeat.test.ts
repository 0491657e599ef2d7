import { expect, test } from 'vitest';
import { Heartbeat } from './heartbeat.ts';

const limits = { pingMs: 25_000, pongMs: 10_000, stalledMs: 120_000 };

test('W7 pings at its interval; silence after a ping is death, anything heard is life', () => {
  const heartbeat = new Heartbeat(0, limits);
  expect(heartbeat.check(24_999, 0, limits)).toBe('ok');
  expect(heartbeat.check(25_000, 0, limits)).toBe('ping');
  expect(heartbeat.check(34_000, 0, limits)).toBe('ok');
  heartbeat.heard();
  expect(heartbeat.check(36_000, 0, limits)).toBe('ok');
  expect(heartbeat.check(50_000, 0, limits)).toBe('ping');
  expect(heartbeat.check(59_999, 0, limits)).toBe('ok');
  expect(heartbeat.check(60_000, 0, limits)).toBe('dead');
});

test('who has much to read before the ping is given the time for it, with an end', () => {
  const heartbeat = new Heartbeat(0, limits);
  heartbeat.check(1_000, 500, limits);
  expect(heartbeat.check(25_000, 80_000, limits)).toBe('ping');
  // 80,000 bytes at 4 per ms are 20 s.
  expect(heartbeat.check(54_000, 80_000, limits)).toBe('ping');
  expect(heartbeat.check(55_000, 80_000, limits)).toBe('dead');
  const busy = new Heartbeat(0, limits);
  busy.check(1_000, 0, limits);
  busy.check(25_000, 1e9, limits);
  expect(busy.check(144_999, 1e9, limits)).not.toBe('dead');
  expect(busy.check(145_000, 1e9, limits)).toBe('dead');
});
