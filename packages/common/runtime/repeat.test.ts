import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createClosers } from './closers.ts';
import { silentLogger } from './logger.ts';
import { repeat } from './repeat.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

test('a task is run again after it has ended, also when it failed; closing waits for it and is its end', async () => {
  const closers = createClosers();
  const run = Promise.withResolvers<void>();
  const task = vi.fn(async () => {
    if (task.mock.calls.length === 1) throw new Error('not this time');
    if (task.mock.calls.length === 3) await run.promise;
  });
  repeat(task, { name: 'test', everyMs: 10, log: silentLogger(), closers });
  await vi.advanceTimersByTimeAsync(100);
  expect(task).toHaveBeenCalledTimes(3);
  const end = vi.fn();
  const closed = closers.close().then(end);
  await new Promise(setImmediate);
  expect(end).not.toHaveBeenCalled();
  run.resolve();
  await closed;
  await vi.advanceTimersByTimeAsync(100);
  expect(task).toHaveBeenCalledTimes(3);
  expect(vi.getTimerCount()).toBe(0);
});
