import { expect, test } from 'vitest';
import { range } from '../client.ts';
import { describeCluster } from './nats-server.ts';
import { startNodes } from './start-nodes.ts';

describeCluster('a node that is stopped while another one serves', (databases) => {
  test('serves its clients until the last of them is to come back, by way of the other node', async () => {
    const cluster = await startNodes(databases, { env: { CHAT_WS_DRAIN_PER_SECOND: '2', PARLEY_DRAIN_MS: '20000' } });
    try {
      const clients = await Promise.all(range(1, 6).map((n) => cluster.at(0).guestIn('lobby', `guest ${n}`)));
      const begun = performance.now();
      const stopped = cluster.at(0).stop();
      const drains = await Promise.all(clients.map((client) => client.first('drain')));
      const last = clients[drains.findIndex(({ reconnectAfterMs }) => reconnectAfterMs === 2_500)]!;
      for (const client of clients) if (client !== last) client.ws.close();
      await Promise.all(clients.map((client) => client === last || client.closed));
      expect(await last.ask({ type: 'post', room: 'lobby', text: 'still here' })).toMatchObject({ type: 'posted' });
      expect((await last.closed).code).toBe(1012);
      expect(performance.now() - begun).toBeGreaterThanOrEqual(2_500);
      await stopped;

      const again = await cluster.at(1).client();
      const { ticket } = await last.first('drain');
      expect(await again.ask({ type: 'auth', ticket })).toMatchObject({ type: 'auth_success' });
      await again.ask({ type: 'join', room: 'lobby', after: 'start' });
      expect(await again.first('message')).toMatchObject({ text: 'still here' });
    } finally {
      await cluster.close();
    }
  });
});
