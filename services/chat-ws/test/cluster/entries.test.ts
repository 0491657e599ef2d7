import { expect, test, vi } from 'vitest';
import type { Bus } from '../../src/cluster/bus.ts';
import { patience, range, type TestClient } from '../client.ts';
import { TestGateway } from '../gateway.ts';
import { losing } from './losing.ts';
import { describeCluster } from './nats-server.ts';
import { startNodes, type TestNodes } from './start-nodes.ts';

/** A reader of `lobby` on each node. */
async function readers(cluster: TestNodes): Promise<TestClient[]> {
  return Promise.all(cluster.nodes.map((node, index) => node.guestIn('lobby', `reader-${index}`)));
}

/** Everybody posts `each` messages to `lobby`, at once. */
async function postAll(cluster: TestNodes, each: number): Promise<void> {
  await Promise.all(
    cluster.nodes.map(async (_node, index) => {
      const client = await cluster.user(index, `writer-${index}`);
      const answers = await Promise.all(
        range(1, each).map((n) => client.ask({ type: 'post', room: 'lobby', text: `${index} ${n}` })),
      );
      expect(answers.filter(({ type }) => type !== 'posted')).toEqual([]);
    }),
  );
}

async function expectSame(clients: TestClient[], count: number): Promise<void> {
  for (const client of clients) expect(await client.seqs('lobby', count)).toEqual(range(1, count));
  const [first, ...others] = clients.map((client) => client.all('message').map(({ seq, text }) => [seq, text]));
  for (const other of others) expect(other).toEqual(first);
}

describeCluster('several nodes', (databases) => {
  test('every reader sees all messages of all nodes, in the same order, live', async () => {
    // Only what NATS carries can be that quick.
    const cluster = await startNodes(databases, { count: 3, env: { CHAT_WS_CLUSTER_COMPARE_MS: '600000' } });
    try {
      const clients = await readers(cluster);
      await postAll(cluster, 100);
      await expectSame(clients, 300);
    } finally {
      await cluster.close();
    }
  });

  test('what NATS loses is read from the log, also when it is the last message', async () => {
    let n = 0;
    const lossy = (bus: Bus): Bus =>
      losing(bus, (payload) => {
        n += 1;
        return payload.includes('"entries"') && n % 3 !== 0;
      });
    const cluster = await startNodes(databases, {
      wrapBus: lossy,
      env: { CHAT_WS_CLUSTER_COMPARE_MS: '200', CHAT_WS_BATCH_POSTS: '3' },
    });
    try {
      const clients = await readers(cluster);
      await postAll(cluster, 150);
      await expectSame(clients, 300);
    } finally {
      await cluster.close();
    }
  });

  test('without NATS for a while, messages cross by comparison; then they cross at once again', async () => {
    const cluster = await startNodes(databases, { env: { CHAT_WS_CLUSTER_COMPARE_MS: '200' } });
    try {
      const clients = await readers(cluster);
      await postAll(cluster, 5);
      await cluster.nats.stop();
      for (const node of cluster.nodes)
        await vi.waitFor(async () => expect(await node.metric('parley_chat_nats_up')).toBe(0), patience);
      const ready = await fetch(`${cluster.at(0).http}/readyz`);
      expect(ready.status).toBe(200);
      expect(await ready.text()).toContain('NATS');
      await postAll(cluster, 5);
      await expectSame(clients, 20);
      await cluster.nats.start();
      for (const node of cluster.nodes)
        await vi.waitFor(async () => expect(await node.metric('parley_chat_nats_up')).toBe(1), patience);
      await postAll(cluster, 5);
      await expectSame(clients, 30);
    } finally {
      await cluster.close();
    }
  });

  test('a node starts and serves while there is no NATS', async () => {
    const cluster = await startNodes(databases, { count: 1 });
    try {
      await cluster.nats.stop();
      const node = await cluster.add();
      const client = await node.guestIn('lobby');
      await client.ask<'posted'>({ type: 'post', room: 'lobby', text: 'here' });
      expect(await client.seqs('lobby', 1)).toEqual([1]);
      await cluster.nats.start();
      await cluster.knowEachOther();
    } finally {
      await cluster.close();
    }
  });

  test('messages that are too long for NATS cross, too', async () => {
    const cluster = await startNodes(databases, {
      env: { CHAT_WS_CLUSTER_COMPARE_MS: '600000', CHAT_WS_MESSAGE_BYTES: '1048576' },
    });
    try {
      const [, reader] = await readers(cluster);
      const writer = await cluster.user(0, 'ada');
      for (const bytes of [10, 600_000, 10])
        await writer.ask<'posted'>({ type: 'post', room: 'lobby', text: 'x'.repeat(bytes) });
      expect(await reader!.seqs('lobby', 3)).toEqual([1, 2, 3]);
    } finally {
      await cluster.close();
    }
  });

  test('links to different nodes serve the same room', async () => {
    const cluster = await startNodes(databases);
    try {
      const links = await Promise.all(cluster.nodes.map((node) => TestGateway.open(node)));
      for (const link of links) {
        await link.guestIn(1, 'lobby');
        link.send({ t: 'watch', room: 'lobby' });
        await link.waitFor('watching');
      }
      for (const link of links) await link.ask(1, { type: 'post', room: 'lobby', text: 'hello' });
      for (const link of links) expect(await link.entries('lobby', 2)).toEqual([1, 2]);
      for (const link of links) link.ws.terminate();
    } finally {
      await cluster.close();
    }
  });

  test('who waits at the event feed of one node hears of a commit on another', async () => {
    const cluster = await startNodes(databases);
    try {
      const worker = createWorker(cluster);
      const start = await worker('?after=now');
      const asked = worker(`?after=${start.cursor}&wait=20`);
      const writer = await cluster.user(1, 'ada');
      await writer.ask<'joined'>({ type: 'join', room: 'lobby' });
      expect((await asked).events.map(({ type }) => type)).toContain('room.created');
    } finally {
      await cluster.close();
    }
  });
});

function createWorker(cluster: TestNodes) {
  return async (query: string): Promise<{ events: { type: string }[]; cursor: string }> => {
    const authorization = `Bearer ${await cluster.at(0).tokens.sign('chat-ws')}`;
    const res = await fetch(`${cluster.at(0).http}/internal/events${query}`, { headers: { authorization } });
    expect(res.status).toBe(200);
    return (await res.json()) as { events: { type: string }[]; cursor: string };
  };
}
