import { randomInt } from 'node:crypto';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { createSeededRandom } from '@parley/net/seeded-random';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Processes } from '../src/processes.ts';
import { addWebhook, register } from '../src/rest-client.ts';
import { byFrames, byWebSocket, type Connect } from './chat-connection.ts';
import { checkDeliveries } from './check-deliveries.ts';
import { checkLog } from './check-log.ts';
import { readLog } from './read-log.ts';
import { ResumingClient, type Seen } from './resuming-client.ts';
import { startTestProcesses } from './start-test-processes.ts';
import { startWebhookReceiver } from './webhook-receiver.ts';

const ROOMS = ['lobby', 'kitchen'];
const CLIENTS_OF_A_KIND = 4;
const POSTS = 2_000;
const KILLS = 2;

/** Clients of the other kind do not notice: the gateway keeps them when chat-ws is gone. */
const VICTIMS = [
  { name: 'chat-ws', cutOff: 'web' },
  { name: 'tcp-gateway', cutOff: 'tcp' },
] as const;

/** A job that a killed worker had begun is taken up again soon. */
const SHORT_LEASES = { WORKER_TIMEOUT_MS: '1000', WORKER_LEASE_MARGIN_MS: '500' };

/** Posting as fast as it goes is not what these tests are about. */
const WIDE_LIMITS = { CHAT_WS_POSTS: '1000000' };

describeEachDatabase('2,000 posts of WebSocket and TCP clients', (databases) => {
  test.each(VICTIMS)('survive kill -9 of $name', { timeout: 120_000 }, async ({ name, cutOff }) => {
    const names = ['udp-discovery', 'chat-ws', 'tcp-gateway'];
    const processes = await startTestProcesses({ names, env: WIDE_LIMITS, ...(await databases.create()) });
    const kinds = { web: startWebClients(processes), tcp: startTcpClients(processes) };
    const clients = [...kinds.web, ...kinds.tcp];
    const seed = randomInt(2 ** 31);
    const random = createSeededRandom(seed);
    postAll(clients, random);

    for (const share of killMoments(random)) {
      await postedAtLeast(clients, Math.floor(share * POSTS));
      await processes.kill(name);
      expect(sum(clients, ({ unanswered }) => unanswered)).toBeGreaterThan(0);
      await processes.start(name);
      // The others may have posted enough for the next kill already, which has to cut everybody off again.
      await connected(kinds[cutOff]);
    }
    await postedAtLeast(clients, POSTS);
    expect(kinds[cutOff].map(({ reconnections }) => reconnections)).toEqual(kinds[cutOff].map(() => KILLS));
    expect(sum(clients, ({ reconnections }) => reconnections)).toBe(KILLS * CLIENTS_OF_A_KIND);
    await expectOneLog(processes, clients, `seed ${seed}`);
  });
});

describeEachDatabase('webhooks of 2,000 posts', (databases) => {
  test('survive kill -9 of the worker: each event is delivered, under one id', { timeout: 120_000 }, async () => {
    const names = ['udp-discovery', 'users-api', 'chat-ws', 'api-client-worker'];
    const env = { ...WIDE_LIMITS, ...SHORT_LEASES };
    const processes = await startTestProcesses({ names, env, ...(await databases.create()) });
    const { accessToken } = await register(processes.port('USERS_API_PORT'), 'ada');
    const { url, deliveries } = await startWebhookReceiver();
    const { secret } = await addWebhook(processes.port('WORKER_PORT'), accessToken, {
      url,
      events: ['message.posted'],
    });
    const clients = startWebClients(processes);
    const seed = randomInt(2 ** 31);
    const random = createSeededRandom(seed);
    postAll(clients, random);

    for (const share of killMoments(random)) {
      const count = Math.floor(share * POSTS);
      await vi.waitFor(() => expect(deliveries.length).toBeGreaterThanOrEqual(count), { timeout: 60_000, interval: 5 });
      await processes.kill('api-client-worker');
      await processes.start('api-client-worker');
    }
    await postedAtLeast(clients, POSTS);
    const ids = () => new Set(deliveries.map(({ id }) => id)).size;
    await vi.waitFor(() => expect(ids()).toBeGreaterThanOrEqual(POSTS), { timeout: 60_000 });
    expect(checkDeliveries({ logs: await readLogs(processes), deliveries, secret }), `seed ${seed}`).toEqual([]);
  });
});

function startWebClients(processes: Processes): ResumingClient[] {
  return startClients('web', byWebSocket(`ws://127.0.0.1:${processes.port('CHAT_WS_PORT')}/ws`));
}

function startTcpClients(processes: Processes): ResumingClient[] {
  return startClients('tcp', byFrames(processes.port('GATEWAY_PORT')));
}

function startClients(kind: string, connect: Connect): ResumingClient[] {
  return Array.from({ length: CLIENTS_OF_A_KIND }, (_, i) => {
    const client = new ResumingClient({ name: `${kind}-${i}`, connect, rooms: ROOMS });
    onTestFinished(() => client.close());
    return client;
  });
}

/** When to kill, as shares of the whole: each somewhere in the middle of its part. */
function killMoments(random: () => number): number[] {
  return Array.from({ length: KILLS }, (_, i) => (i + 0.25 + random() / 2) / KILLS);
}

function postAll(clients: ResumingClient[], random: () => number): void {
  for (let i = 0; i < POSTS; i += 1) {
    const client = clients[i % clients.length] as ResumingClient;
    const room = ROOMS[Math.floor(random() * ROOMS.length)] as string;
    client.post(room, `${client.name} says ${i} ${'.'.repeat(Math.floor(random() * 200))}`);
  }
}

function sum(clients: ResumingClient[], figure: (client: ResumingClient) => number): number {
  return clients.reduce((total, client) => total + figure(client), 0);
}

async function postedAtLeast(clients: ResumingClient[], count: number): Promise<void> {
  await vi.waitFor(() => expect(sum(clients, ({ posted }) => posted.length)).toBeGreaterThanOrEqual(count), {
    timeout: 60_000,
    interval: 5,
  });
}

async function connected(clients: ResumingClient[]): Promise<void> {
  await vi.waitFor(() => expect(clients.every(({ isConnected }) => isConnected)).toBe(true), {
    timeout: 20_000,
    interval: 5,
  });
}

/** Everybody has read to the end, and has seen what is stored; what is stored is what was posted. */
async function expectOneLog(processes: Processes, clients: ResumingClient[], hint: string): Promise<void> {
  const logs = await readLogs(processes);
  const isAtTheEnd = (client: ResumingClient) => ROOMS.every((room) => client.at(room) === logs.get(room)?.length);
  await vi.waitFor(() => expect(clients.filter((client) => !isAtTheEnd(client))).toEqual([]), { timeout: 20_000 });
  const posted = clients.flatMap((client) => client.posted);
  const seen = clients.flatMap(({ name, seen }) =>
    [...seen].map(([room, entries]) => ({ client: name, room, entries })),
  );
  expect(checkLog({ logs, posted, seen }), hint).toEqual([]);
  expect(
    clients.flatMap(({ complaints }) => complaints),
    hint,
  ).toEqual([]);
  expect(posted.length).toBe(POSTS);
}

async function readLogs(processes: Processes): Promise<Map<string, Seen[]>> {
  const port = processes.port('CHAT_WS_PORT');
  return new Map(await Promise.all(ROOMS.map(async (room) => [room, await readLog(port, room)] as const)));
}
