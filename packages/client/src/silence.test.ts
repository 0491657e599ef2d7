import { expect, test } from 'vitest';
import { Silence } from './silence.ts';

const limits = { quietMs: 100, answerMs: 50 };

test('W14: a ping is due after silence, and its missing answer is the end', () => {
  const silence = new Silence(0, limits);
  expect([99, 100, 120, 149, 150].map((now) => silence.check(now))).toEqual(['ok', 'ping', 'ok', 'ok', 'dead']);
});

test('W14: whatever comes is a sign of life', () => {
  const silence = new Silence(0, limits);
  silence.heard(60);
  expect(silence.check(159)).toBe('ok');
  expect(silence.check(160)).toBe('ping');
  silence.heard(200);
  expect(silence.check(299)).toBe('ok');
  expect(silence.check(300)).toBe('ping');
});

test('W14: a timer that comes hours late kills nothing: there has been no ping to answer', () => {
  const silence = new Silence(0, limits);
  expect(silence.check(10_000_000)).toBe('ping');
  expect(silence.check(10_000_049)).toBe('ok');
});
