import { expect, test, vi } from 'vitest';
import type { Bus } from '../../src/cluster/bus.ts';
import { patience, range, TestClient } from '../client.ts';
import { TestGateway } from '../gateway.ts';
import { secret } from '../start-chat.ts';
import { startProcess } from '../start-process.ts';
import { losing } from './losing.ts';
import { describeCluster } from './nats-server.ts';
import { startNodes } from './start-nodes.ts';

/** Who is in a room, as a client is told. */
async function namesIn(client: TestClient, room: string): Promise<string[]> {
  const { members, total } = await client.ask<'members'>({ type: 'members', room });
  expect(total).toBe(members.length);
  return members.map(({ name }) => name).sort();
}

const join = (client: TestClient, room = 'lobby') => client.ask<'joined'>({ type: 'join', room });

describeCluster('presence over several nodes', (databases) => {
  test('who is in a room is who is there by way of any node, each once, and is told everywhere', async () => {
    const cluster = await startNodes(databases, { count: 3 });
    try {
      const ada = await cluster.user(0, 'ada');
      const ben = await cluster.user(1, 'ben');
      expect(await join(ada)).toMatchObject({ members: 1 });
      expect(await join(ben)).toMatchObject({ members: 2 });
      // Ada is there already, by way of another node.
      const again = await cluster.user(2, 'ada');
      expect(await join(again)).toMatchObject({ members: 2 });
      const cleo = await cluster.user(2, 'cleo');
      expect(await join(cleo)).toMatchObject({ members: 3 });
      for (const client of [ada, ben, cleo]) expect(await namesIn(client, 'lobby')).toEqual(['ada', 'ben', 'cleo']);
      const told = await ada.waitFor(
        (got): got is typeof got & { type: 'presence' } => got.type === 'presence' && got.user?.name === 'cleo',
      );
      expect(told).toMatchObject({ event: 'join', members: 3 });
      // Once here and once there: gone is who is nowhere.
      await again.ask({ type: 'leave', room: 'lobby' });
      await cleo.ask({ type: 'leave', room: 'lobby' });
      await vi.waitFor(async () => expect(await namesIn(ben, 'lobby')).toEqual(['ada', 'ben']), patience);
      expect(ben.all('presence').filter(({ event }) => event === 'leave')).toMatchObject([
        { user: { name: 'cleo' }, members: 2 },
      ]);
    } finally {
      await cluster.close();
    }
  });

  test('a node on which nobody is in a room knows who is there, and how many', async () => {
    const cluster = await startNodes(databases, { env: { CHAT_WS_CLUSTER_BEAT_MS: '100' } });
    try {
      for (const name of ['ada', 'ben']) await join(await cluster.user(0, name));
      const cleo = await cluster.user(1, 'cleo');
      expect(await namesIn(cleo, 'lobby')).toEqual(['ada', 'ben']);
      await vi.waitFor(async () => {
        const answer = await fetch(`${cluster.at(1).http}/api/rooms`);
        expect(await answer.json()).toMatchObject({ items: [{ name: 'lobby', members: 2 }] });
      }, patience);
    } finally {
      await cluster.close();
    }
  });

  test('a room of many members is told in parts to the node that opens it', async () => {
    const cluster = await startNodes(databases, { env: { CHAT_WS_CONNECTIONS_PER_ADDRESS: '5000' } });
    try {
      const link = await TestGateway.open(cluster.at(0));
      for (const s of range(1, 1_100)) {
        link.send({ t: 'open', s, address: `192.0.2.${s % 250}` });
        link.send({ t: 'in', s, m: { type: 'auth', guest: `guest ${s}` } });
        link.send({ t: 'in', s, m: { type: 'join', room: 'lobby', id: s } });
      }
      await link.waitFor('out', ({ s, m }) => s === 1_100 && m.type === 'joined');
      const reader = await cluster.at(1).guest('reader');
      expect(await join(reader)).toMatchObject({ members: 1_101 });
      link.ws.terminate();
    } finally {
      await cluster.close();
    }
  });

  test('typing and seen are told on the other nodes', async () => {
    const cluster = await startNodes(databases);
    try {
      const ada = await cluster.user(0, 'ada');
      const ben = await cluster.user(1, 'ben');
      for (const client of [ada, ben]) await join(client);
      await ada.ask<'posted'>({ type: 'post', room: 'lobby', text: 'read this' });
      ada.send({ type: 'typing', room: 'lobby' });
      expect(await ben.first('typing')).toMatchObject({ room: 'lobby', user: { name: 'ada' } });
      await ben.seqs('lobby', 1);
      ben.send({ type: 'seen', room: 'lobby', seq: 1 });
      expect(await ada.first('seen')).toMatchObject({ room: 'lobby', user: { name: 'ben' }, seq: 1 });
      expect(ada.all('typing')).toEqual([]);
    } finally {
      await cluster.close();
    }
  });

  test('presence that NATS has lost is repaired', async () => {
    let isLost = false;
    const lossy = (bus: Bus): Bus => losing(bus, (payload) => isLost && payload.includes('"presence"'));
    const cluster = await startNodes(databases, {
      wrapBus: lossy,
      env: { CHAT_WS_CLUSTER_BEAT_MS: '200', CHAT_WS_CLUSTER_LEASE_MS: '2000' },
    });
    try {
      const ada = await cluster.user(0, 'ada');
      await join(ada);
      const gone = await cluster.user(1, 'gone');
      await join(gone);
      await vi.waitFor(async () => expect(await namesIn(ada, 'lobby')).toEqual(['ada', 'gone']), patience);
      isLost = true;
      const ben = await cluster.user(1, 'ben');
      await join(ben);
      await gone.ask({ type: 'leave', room: 'lobby' });
      await vi.waitFor(async () => expect(await namesIn(ada, 'lobby')).toEqual(['ada', 'ben']), patience);
      // The last one: the node has nobody there any more that it could tell of.
      await ben.ask({ type: 'leave', room: 'lobby' });
      await vi.waitFor(async () => expect(await namesIn(ada, 'lobby')).toEqual(['ada']), patience);
    } finally {
      await cluster.close();
    }
  });

  test('a node that stops takes its people with it at once', async () => {
    const cluster = await startNodes(databases, { env: { CHAT_WS_CLUSTER_LEASE_MS: '600000' } });
    try {
      const ada = await cluster.user(0, 'ada');
      await join(ada);
      await join(await cluster.user(1, 'ben'));
      await vi.waitFor(async () => expect(await namesIn(ada, 'lobby')).toEqual(['ada', 'ben']), patience);
      await cluster.at(1).stop();
      await vi.waitFor(async () => expect(await namesIn(ada, 'lobby')).toEqual(['ada']), patience);
      await vi.waitFor(async () => expect(await cluster.at(0).metric('parley_chat_other_nodes')).toBe(0), patience);
    } finally {
      await cluster.close();
    }
  });

  test("a killed node's people leave when its lease ends, and resume on another without a gap", async () => {
    const cluster = await startNodes(databases, {
      count: 1,
      env: { CHAT_WS_CLUSTER_BEAT_MS: '200', CHAT_WS_CLUSTER_LEASE_MS: '1000' },
    });
    const other = await startProcess({
      ...cluster.settings,
      PARLEY_SERVICE_SECRET: secret,
      USERS_API_URL: cluster.usersApi.url,
    });
    try {
      await vi.waitFor(async () => expect(await cluster.at(0).metric('parley_chat_other_nodes')).toBe(1), patience);
      const ada = await cluster.user(0, 'ada');
      await join(ada);
      const ben = await TestClient.open(other.ws);
      const { ticket } = await ben.ask<'auth_success'>({ type: 'auth', guest: 'ben' });
      const { epoch } = await join(ben);
      await ada.waitFor(
        (got): got is typeof got & { type: 'presence' } => got.type === 'presence' && got.members === 2,
      );
      for (const n of range(1, 3)) await ben.ask<'posted'>({ type: 'post', room: 'lobby', text: `${n}` });
      expect(await ben.seqs('lobby', 3)).toEqual([1, 2, 3]);
      other.kill('SIGKILL');
      await ben.closed;
      await ada.waitFor(
        (got): got is typeof got & { type: 'presence' } => got.type === 'presence' && got.event === 'leave',
      );
      expect(await namesIn(ada, 'lobby')).toEqual(['ada']);
      await ada.ask<'posted'>({ type: 'post', room: 'lobby', text: '4' });
      const back = await cluster.at(0).client();
      expect(await back.ask({ type: 'auth', ticket })).toMatchObject({ type: 'auth_success' });
      expect(await back.ask({ type: 'join', room: 'lobby', after: { epoch, seq: 2 } })).toMatchObject({
        recovered: true,
        members: 2,
      });
      expect(await back.seqs('lobby', 2)).toEqual([3, 4]);
    } finally {
      await other.close();
      await cluster.close();
    }
  });

  test('a position that a client brings from another node is good, though NATS has not told of it yet', async () => {
    const deaf = (bus: Bus, index: number): Bus =>
      losing(bus, (payload) => index === 0 && payload.includes('"entries"'));
    const cluster = await startNodes(databases, { wrapBus: deaf, env: { CHAT_WS_CLUSTER_COMPARE_MS: '600000' } });
    try {
      const there = await cluster.at(1).guestIn('lobby', 'there');
      const ada = await cluster.user(0, 'ada');
      const { epoch } = await join(ada);
      for (const n of range(1, 5)) await ada.ask<'posted'>({ type: 'post', room: 'lobby', text: `${n}` });
      const moved = await cluster.user(1, 'ada');
      const joined = await moved.ask({ type: 'join', room: 'lobby', after: { epoch, seq: 4 } });
      expect(joined).toMatchObject({ recovered: true, head: 5 });
      expect(await moved.seqs('lobby', 1)).toEqual([5]);
      // The others there have learnt of them as well.
      expect(await there.seqs('lobby', 5)).toEqual(range(1, 5));
      await ada.ask<'posted'>({ type: 'post', room: 'lobby', text: '6' });
      await moved.ask<'posted'>({ type: 'post', room: 'lobby', text: '7' });
      expect(await moved.seqs('lobby', 3)).toEqual([5, 6, 7]);
      expect(await there.seqs('lobby', 7)).toEqual(range(1, 7));
    } finally {
      await cluster.close();
    }
  });

  test('a ticket that is used on another node ends the older session, and nobody is told that its user left', async () => {
    const cluster = await startNodes(databases);
    try {
      const watcher = await cluster.at(0).guestIn('lobby', 'watcher');
      const ada = await cluster.user(0, 'ada');
      const { ticket } = await ada.first('auth_success');
      await join(ada);
      const back = await cluster.at(1).client();
      await back.ask<'auth_success'>({ type: 'auth', ticket });
      expect(await ada.closed).toMatchObject({ code: 1000 });
      expect(await join(back)).toMatchObject({ members: 2 });
      await back.ask<'posted'>({ type: 'post', room: 'lobby', text: 'here again' });
      await watcher.seqs('lobby', 1);
      expect(watcher.all('presence').map(({ event }) => event)).toEqual(['join']);
    } finally {
      await cluster.close();
    }
  });
});
