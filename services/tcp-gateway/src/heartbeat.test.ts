import { expect, test } from 'vitest';
import { Heartbeat } from './heartbeat.ts';

test('a connection is pinged, and dead when nothing comes after a ping', () => {
  const limits = { heartbeatMs: 100, heartbeatTimeoutMs: 40 };
  const heartbeat = new Heartbeat(0);
  expect(heartbeat.check(99, limits)).toBe('fine');
  expect(heartbeat.check(100, limits)).toBe('ping');
  expect(heartbeat.check(139, limits)).toBe('fine');
  heartbeat.heard();
  expect(heartbeat.check(150, limits)).toBe('fine');
  expect(heartbeat.check(200, limits)).toBe('ping');
  expect(heartbeat.check(240, limits)).toBe('dead');
});

test('the patience may be longer than the time between two pings', () => {
  const limits = { heartbeatMs: 10, heartbeatTimeoutMs: 25 };
  const heartbeat = new Heartbeat(0);
  const checks = [10, 20, 30, 34, 35].map((now) => heartbeat.check(now, limits));
  expect(checks).toEqual(['ping', 'ping', 'ping', 'fine', 'dead']);
});
