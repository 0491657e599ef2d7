import { expect, test } from 'vitest';
import { Heartbeat } from './heartbeat.ts';

const limits = { pingMs: 25_000, pongMs: 10_000, stalledMs: 120_000 };

const written = (bytesWritten: number, writableLength = 0) => ({ bytesWritten, writableLength });

test('W7 pings at its interval; silence after a ping is death, anything heard is life', () => {
  const heartbeat = new Heartbeat(0, limits);
  expect(heartbeat.check(24_999, written(0), limits)).toBe('ok');
  expect(heartbeat.check(25_000, written(0), limits)).toBe('ping');
  expect(heartbeat.check(34_000, written(0), limits)).toBe('ok');
  heartbeat.heard();
  expect(heartbeat.check(36_000, written(0), limits)).toBe('ok');
  expect(heartbeat.check(50_000, written(0), limits)).toBe('ping');
  expect(heartbeat.check(59_999, written(0), limits)).toBe('ok');
  heartbeat.check(60_000, written(0), limits);
  expect(heartbeat.check(60_001, written(0), limits)).toBe('dead');
});

test('who has much to read before the ping is given the time for it, with an end', () => {
  const heartbeat = new Heartbeat(0, limits);
  heartbeat.check(1_000, written(500), limits);
  expect(heartbeat.check(25_000, written(80_000), limits)).toBe('ping');
  // 80,000 bytes at 4 per ms are 20 s.
  expect(heartbeat.check(54_000, written(80_000), limits)).toBe('ping');
  heartbeat.check(55_000, written(80_000), limits);
  expect(heartbeat.check(55_001, written(80_000), limits)).toBe('dead');
  const busy = new Heartbeat(0, limits);
  busy.check(1_000, written(0), limits);
  busy.check(25_000, written(1e9), limits);
  expect(busy.check(144_999, written(1e9), limits)).not.toBe('dead');
  busy.check(145_000, written(1e9), limits);
  expect(busy.check(145_001, written(1e9), limits)).toBe('dead');
});

test('what was answered just before the look at it, or has not left yet, is still to be read', () => {
  const heartbeat = new Heartbeat(0, limits);
  heartbeat.check(23_000, written(0), limits);
  heartbeat.heard();
  // 80,000 bytes came after that.
  heartbeat.check(24_000, written(80_000), limits);
  expect(heartbeat.check(25_000, written(80_000), limits)).toBe('ping');
  expect(heartbeat.check(54_999, written(80_000), limits)).not.toBe('dead');
  heartbeat.check(55_000, written(80_000), limits);
  expect(heartbeat.check(55_001, written(80_000), limits)).toBe('dead');
  const stuck = new Heartbeat(0, limits);
  stuck.check(23_000, written(100_000, 80_000), limits);
  stuck.heard();
  stuck.check(24_000, written(100_000, 80_000), limits);
  expect(stuck.check(25_000, written(100_000, 80_000), limits)).toBe('ping');
  expect(stuck.check(54_999, written(100_000), limits)).not.toBe('dead');
});

test('a process that was held up has read what came meanwhile before it finds anybody dead', () => {
  const heartbeat = new Heartbeat(0, limits);
  expect(heartbeat.check(25_000, written(0), limits)).toBe('ping');
  expect(heartbeat.check(100_000, written(0), limits)).toBe('ping');
  heartbeat.heard();
  expect(heartbeat.check(101_000, written(0), limits)).toBe('ok');
  expect(heartbeat.check(125_000, written(0), limits)).toBe('ping');
  expect(heartbeat.check(134_999, written(0), limits)).toBe('ok');
});
