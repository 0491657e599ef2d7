import { inspect } from 'node:util';
import { silentLogger } from '@parley/common/runtime/logger';
import { expect, test, vi } from 'vitest';
import { openNatsBus } from './nats-bus.ts';

test('a server that is away is said once, without the password; nothing waits for it', async () => {
  const log = silentLogger();
  const said: unknown[][] = [];
  for (const level of ['warn', 'info', 'debug', 'error'] as const)
    vi.spyOn(log, level).mockImplementation((...about: unknown[]) => void said.push([level, ...about]));
  // Nobody listens there.
  const bus = openNatsBus({ servers: ['nats://parley:topsecret@127.0.0.1:9'], name: 'test', log });
  bus.subscribe('parley.all', () => {});
  bus.publish('parley.all', 'lost');
  await bus.flush();
  expect(bus.isUp).toBe(false);
  await vi.waitFor(() => expect(said.length).toBeGreaterThan(1), { timeout: 15_000 });
  expect(said.map(([level]) => level).filter((level) => level === 'warn')).toHaveLength(1);
  expect(inspect(said, { depth: 9 })).not.toContain('topsecret');
  await bus.close();
});
