import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { createClosers } from './closers.ts';
import { silentLogger } from './logger.ts';
import { watchLoopLag } from './loop-lag.ts';

it('finds a loop that is late again and again, and that it is not any more', async () => {
  const closers = createClosers();
  const loop = watchLoopLag({ maxLagMs: 40, log: silentLogger(), closers });
  expect(loop.isOverloaded).toBe(false);
  expect(loop.check.check()).toBeUndefined();
  while (!loop.isOverloaded) {
    const until = performance.now() + 250;
    while (performance.now() < until);
    await nextTurn();
  }
  expect(loop.lagMs).toBeGreaterThan(40);
  expect(loop.check.check()).toBe('the process is overloaded');
  await vi.waitFor(() => expect(loop.isOverloaded).toBe(false), { timeout: 60_000, interval: 50 });
  await closers.close();
}, 90_000);
