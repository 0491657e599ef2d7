import { expect, test } from 'vitest';
import { decide } from './decide.ts';
import { failureOfStatus } from './failure.ts';

const options = { schedule: [0, 100, 1_000], retryAfterMaxMs: 5_000, now: 10_000, random: 0.5 };

function after(status: number, failures = 0, retryAfter?: string) {
  const failure = failureOfStatus(status);
  return decide({ failure, status, retryAfter, failures, maxFailures: 3 }, options);
}

test.each([200, 201, 202, 204, 299])('%i is success', (status) => {
  expect(after(status)).toEqual({ next: { state: 'succeeded' }, endpoint: undefined });
});

test.each([300, 302, 304, 400, 404, 429, 500, 503])('C12 %i is attempted again by the schedule', (status) => {
  expect(after(status)).toEqual({ next: { state: 'pending', dueAt: 10_100 }, endpoint: undefined });
  expect(after(status, 1)).toEqual({ next: { state: 'pending', dueAt: 11_000 }, endpoint: undefined });
  expect(after(status, 2)).toEqual({ next: { state: 'dead' }, endpoint: undefined });
});

test('410 gives up and disables the endpoint', () => {
  expect(after(410)).toEqual({ next: { state: 'dead' }, endpoint: { disable: 'gone' } });
});

test('C12 Retry-After moves the next attempt back, never forward, and 429 and 503 hold the endpoint', () => {
  expect(after(429, 0, '2')).toEqual({ next: { state: 'pending', dueAt: 12_000 }, endpoint: { holdUntil: 12_000 } });
  expect(after(503, 0, '99')).toEqual({ next: { state: 'pending', dueAt: 15_000 }, endpoint: { holdUntil: 15_000 } });
  expect(after(503, 2, '2')).toEqual({ next: { state: 'dead' }, endpoint: { holdUntil: 12_000 } });
  expect(after(500, 0, '2')).toEqual({ next: { state: 'pending', dueAt: 12_000 }, endpoint: undefined });
  expect(after(500, 1, '1')).toMatchObject({ next: { dueAt: 11_000 } });
});

test('what may fail once only is dead after it', () => {
  const failure = failureOfStatus(500);
  const attempted = { failure, status: 500, retryAfter: undefined, failures: 0, maxFailures: 1 };
  expect(decide(attempted, options).next).toEqual({ state: 'dead' });
});
