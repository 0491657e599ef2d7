import { expect, it, vi } from 'vitest';
import { chat, openClient, openSocket, startDiscovery } from './start-discovery.ts';

const impatient = { ackTimeoutMs: 20, ackRandomFactor: 1, maxRetransmissions: 1 };

it('U10 a resolver finds a service, keeps to its instance, and goes on with it when the registry is away', async () => {
  const service = await startDiscovery();
  const seeker = openClient(service.udpPort, { locateRetransmission: impatient });
  const resolve = seeker.resolver('chat-ws', undefined, 'ws://127.0.0.1:8081/internal/link', 'http');
  expect((await resolve()).href).toBe('ws://127.0.0.1:8081/internal/link');

  const client = openClient(service.udpPort);
  const first = client.announce(chat('a1', { ports: { http: 9001 } }));
  await vi.waitFor(async () => expect((await resolve()).href).toBe('ws://127.0.0.1:9001/internal/link'));
  const second = client.announce(chat('b2', { address: '::1', ports: { http: 9002 } }));
  await vi.waitFor(() => expect(second.isRegistered).toBe(true));
  for (let n = 0; n < 10; n++) expect((await resolve()).port).toBe('9001');

  await first.withdraw();
  await vi.waitFor(async () => expect((await resolve()).href).toBe('ws://[::1]:9002/internal/link'));
  await service.close();
  expect((await resolve()).port).toBe('9002');
});

it('a fixed address wins, and asks nobody', async () => {
  const registry = await openSocket();
  const resolve = openClient(registry.address.port).resolver(
    'chat-ws',
    'http://chat.example:80/x',
    'http://127.0.0.1:8081',
  );
  expect((await resolve()).href).toBe('http://chat.example/x');
  expect(registry.queued).toBe(0);
});
