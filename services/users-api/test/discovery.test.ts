import { clientConfig } from '@parley/common/contracts/client-config';
import type { DiscoveryMessage, FoundInstance } from '@parley/common/contracts/discovery';
import { createKeyRing } from '@parley/common/runtime/key-ring';
import { decodeDatagram, encodeDatagram } from '@parley/common/wire/discovery-datagram';
import { openUdpSocket, type UdpSocket } from '@parley/net/udp-socket';
import { afterEach, expect, test, vi } from 'vitest';
import { startUsersApi, temporaryPlace } from './start-users-api.ts';

const SECRET = 'd'.repeat(32);

const sockets: UdpSocket[] = [];
afterEach(() => Promise.all(sockets.splice(0).map((socket) => socket.close())));

/** A registry that speaks the real datagrams, knows one chat-ws, and notes what it is told by signed ones. */
async function startFakeRegistry() {
  const keys = createKeyRing([SECRET]);
  const signing = keys.signing('discovery');
  const told: DiscoveryMessage[] = [];
  const socket = await openUdpSocket({ host: '127.0.0.1', port: 0 });
  sockets.push(socket);
  const chat: FoundInstance = {
    instance: 'c1',
    address: '10.9.8.7',
    ports: { http: 18_081 },
    main: 'http',
    version: '1',
    state: 'up',
    expiresInMs: 9_000,
  };

  async function serve(): Promise<void> {
    for await (const { bytes, from } of socket) {
      const { requestId, message, origin } = decodeDatagram(bytes, keys.verifying('discovery'));
      if (!origin) continue;
      told.push(message);
      const instances = message.type === 'locate' && message.name === 'chat-ws' ? [chat] : [];
      const answer: DiscoveryMessage =
        message.type === 'locate'
          ? { type: 'found', instances, total: instances.length }
          : { type: 'ok', leaseMs: 15_000 };
      const stamp = { epoch: origin.epoch, sequence: origin.sequence, keyId: signing.id, key: signing.key };
      await socket.send(encodeDatagram({ requestId, confirmable: false, message: answer }, stamp), from);
    }
  }
  void serve();
  return { told, url: `udp://127.0.0.1:${socket.address.port}` };
}

test('announces itself, is withdrawn first when it stops, and tells browsers what the registry knows', async () => {
  const registry = await startFakeRegistry();
  const env = { DISCOVERY_URL: registry.url, PARLEY_SERVICE_SECRET: SECRET };
  const api = await startUsersApi(await temporaryPlace(), env);
  const { hostname, port } = new URL(api.url);
  await vi.waitFor(() => expect(registry.told.length).toBeGreaterThan(0), { timeout: 5_000 });
  expect(registry.told[0]).toMatchObject({
    type: 'announce',
    name: 'users-api',
    address: hostname,
    ports: { http: Number(port) },
    main: 'http',
  });
  const config = clientConfig.parse(await (await api.request('GET', '/api/config')).json());
  expect(config.services).toEqual({
    'users-api': api.url,
    'chat-ws': `http://${hostname}:18081`,
    'api-client-worker': `http://${hostname}:8082`,
    'udp-discovery': `http://${hostname}:8083`,
  });
  await api.service.close();
  expect(registry.told.at(-1)).toMatchObject({ type: 'withdraw', name: 'users-api' });
});
