import { expect, test } from 'vitest';
import type { Bus } from '../../src/cluster/bus.ts';
import { restOf } from '../rest-calls.ts';
import { losing } from './losing.ts';
import { describeCluster } from './nats-server.ts';
import { startNodes } from './start-nodes.ts';

const silent = (bus: Bus): Bus => losing(bus, (payload) => payload.includes('"changed"'));

const ways = [
  { way: 'told by NATS', env: { CHAT_WS_CLUSTER_COMPARE_MS: '600000' } },
  { way: 'when NATS loses it', env: { CHAT_WS_CLUSTER_COMPARE_MS: '100' }, wrapBus: silent },
];

describeCluster('rights over several nodes', (databases) => {
  for (const { way, ...options } of ways) {
    test(`a ban, a removal, a room that becomes private and a deletion end seats on other nodes: ${way}`, async () => {
      const cluster = await startNodes(databases, options);
      try {
        const here = restOf(cluster.at(0));
        await here.create('ada', 'club');
        const ben = await cluster.user(1, 'ben');
        await ben.ask<'joined'>({ type: 'join', room: 'club' });
        await here.put('ada', 'club', 'u_ben', 'banned');
        expect(await ben.first('left')).toEqual({ type: 'left', room: 'club', reason: 'banned' });
        expect(await ben.ask({ type: 'join', room: 'club' })).toMatchObject({ code: 'FORBIDDEN' });

        const cleo = await cluster.user(1, 'cleo');
        await here.put('ada', 'club', 'u_cleo', 'member');
        await cleo.ask<'joined'>({ type: 'join', room: 'club' });
        const dan = await cluster.user(1, 'dan');
        await dan.ask<'joined'>({ type: 'join', room: 'club' });
        await here.call('ada', 'PATCH', '/club', { body: { visibility: 'private' } });
        expect(await dan.first('left')).toEqual({ type: 'left', room: 'club', reason: 'removed' });
        await here.remove('ada', 'club', 'u_cleo');
        expect(await cleo.first('left')).toEqual({ type: 'left', room: 'club', reason: 'removed' });

        const eve = await cluster.user(1, 'eve');
        await here.put('ada', 'club', 'u_eve', 'member');
        await eve.ask<'joined'>({ type: 'join', room: 'club' });
        await here.call('ada', 'DELETE', '/club');
        expect(await eve.first('left')).toEqual({ type: 'left', room: 'club', reason: 'deleted' });
      } finally {
        await cluster.close();
      }
    });
  }

  test('who is made a moderator may moderate from any node', async () => {
    const cluster = await startNodes(databases, { env: { CHAT_WS_CLUSTER_COMPARE_MS: '600000' } });
    try {
      const here = restOf(cluster.at(0));
      await here.create('ada', 'club');
      await here.put('ada', 'club', 'u_ben', 'member');
      const ben = await cluster.user(1, 'ben');
      await ben.ask<'joined'>({ type: 'join', room: 'club' });
      const ada = await cluster.user(0, 'ada');
      await ada.ask<'posted'>({ type: 'post', room: 'club', text: 'delete this' });
      expect(await ben.ask({ type: 'delete', room: 'club', seq: 1 })).toMatchObject({ code: 'FORBIDDEN' });
      await here.put('ada', 'club', 'u_ben', 'moderator');
      await expect
        .poll(async () => (await ben.ask({ type: 'delete', room: 'club', seq: 1 })).type, { timeout: 15_000 })
        .toBe('posted');
    } finally {
      await cluster.close();
    }
  });
});
