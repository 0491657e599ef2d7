import { ParleyError } from '@parley/common/runtime/errors';
import { silentLogger } from '@parley/common/runtime/logger';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createHealth } from './health.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('is broken from an append that could not be stored until a probe succeeds', async () => {
  let writable = false;
  const probe = vi.fn(async () => {
    if (!writable) throw new Error('still no disk');
  });
  const health = createHealth({ probe, log: silentLogger() });
  health.failed(new ParleyError('UNAVAILABLE', 'no disk'));
  health.failed(new ParleyError('UNAVAILABLE', 'no disk'));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(probe).toHaveBeenCalledTimes(3);
  expect(health.problem()).toBe('the room log cannot be written');
  writable = true;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(health.problem()).toBeUndefined();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(probe).toHaveBeenCalledTimes(4);
});

test('a bad entry says nothing about the log, and a closed one is not probed', async () => {
  const probe = vi.fn(async () => {});
  const health = createHealth({ probe, log: silentLogger() });
  health.failed(new ParleyError('BAD_MESSAGE', 'bad'));
  expect(health.problem()).toBeUndefined();
  health.failed(new ParleyError('UNAVAILABLE', 'gone'));
  health.close();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(probe).not.toHaveBeenCalled();
});
