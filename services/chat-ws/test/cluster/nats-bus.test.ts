import { silentLogger } from '@parley/common/runtime/logger';
import { expect, test, vi } from 'vitest';
import { openNatsBus } from '../../src/cluster/nats-bus.ts';
import { patience } from '../client.ts';
import { describeCluster, startNats } from './nats-server.ts';

describeCluster('a bus over NATS', () => {
  test('what is too long for the server is lost, and nothing else: who hands it over goes on', async () => {
    const nats = await startNats();
    const bus = openNatsBus({ servers: [nats.url], name: 'test', log: silentLogger() });
    try {
      await vi.waitFor(() => expect(bus.isUp).toBe(true), patience);
      const got: string[] = [];
      bus.subscribe('parley.all', (payload) => got.push(payload));
      await bus.flush();
      for (const payload of ['before', 'x'.repeat(bus.maxBytes + 4_097), 'after']) bus.publish('parley.all', payload);
      await vi.waitFor(() => expect(got).toEqual(['before', 'after']), patience);
    } finally {
      await bus.close();
      await nats.close();
    }
  });
});
