import { catalogue, catalogueService } from '@parley/common/contracts/catalogue';
import { expect, it, vi } from 'vitest';
import { ask, signed } from './raw-datagrams.ts';
import { chat, figuresOf, listed, listedIds, openClient, openSocket, startDiscovery } from './start-discovery.ts';

it('U10 announce, find by name, leave', async () => {
  const service = await startDiscovery();
  const announcer = openClient(service.udpPort);
  const seeker = openClient(service.udpPort);
  expect(await seeker.locate('chat-ws')).toEqual([]);

  const announcement = announcer.announce(chat('a1', { ports: { http: 8081, tls: 8443 } }), () => 250);
  await vi.waitFor(() => expect(announcement.isRegistered).toBe(true));
  expect(await seeker.locate('chat-ws')).toMatchObject([
    { instance: 'a1', address: '127.0.0.1', ports: { http: 8081, tls: 8443 }, main: 'http', state: 'up', load: 250 },
  ]);

  await announcement.withdraw();
  expect(await seeker.locate('chat-ws')).toEqual([]);
});

it('U10 keep alive and expire: renewals hold a lease, without them it goes over suspect to gone', async () => {
  const service = await startDiscovery({ DISCOVERY_LEASE_MS: '900' });
  const kept = openClient(service.udpPort).announce(chat('kept'));
  await vi.waitFor(() => expect(kept.isRegistered).toBe(true));
  // What kill -9 leaves behind: an announcement that nobody renews or withdraws.
  const announcedAt = performance.now();
  await ask(await openSocket(), service.udpPort, signed({ type: 'announce', ...chat('killed') }));

  const stateOfKilled = async () =>
    (await listed(service, 'chat-ws')).find(({ instance }) => instance === 'killed')?.state;
  expect(await stateOfKilled()).toBe('up');
  await vi.waitFor(async () => expect(await stateOfKilled()).toBe('suspect'), { interval: 10, timeout: 3000 });
  expect(await openClient(service.udpPort).locate('chat-ws')).toMatchObject([{ instance: 'kept' }]);
  await vi.waitFor(async () => expect(await stateOfKilled()).toBeUndefined(), { interval: 10, timeout: 3000 });
  expect(performance.now() - announcedAt).toBeGreaterThanOrEqual(900);
  expect(await listedIds(service, 'chat-ws')).toEqual(['kept']);
  expect(kept.isRegistered).toBe(true);
  // The registry's own entry is kept, too, and the memory of what has expired is given back.
  expect(await listedIds(service, 'udp-discovery')).toHaveLength(1);
  await vi.waitFor(async () => expect(await figuresOf(service)).toMatch(/^parley_discovery_instances\S* 2$/m));
});

it('U10 finds more than an unproved address is told: the client shows its cookie by itself, the next time at once', async () => {
  const service = await startDiscovery();
  const socket = await openSocket();
  for (let n = 0; n < 8; n++) await ask(socket, service.udpPort, signed({ type: 'announce', ...chat(`node-${n}`) }));
  const seeker = openClient(service.udpPort);
  for (let n = 0; n < 3; n++) expect(await seeker.locate('chat-ws')).toHaveLength(8);
  expect(await figuresOf(service)).toMatch(/type="locate",outcome="cookie",\S* 1$/m);
});

it('U10 finds by tag', async () => {
  const service = await startDiscovery();
  const client = openClient(service.udpPort);
  const europe = client.announce(chat('e1', { tags: ['region=eu'] }));
  const asia = client.announce(chat('s1', { tags: ['region=as'] }));
  await vi.waitFor(() => expect([europe.isRegistered, asia.isRegistered]).toEqual([true, true]));
  expect(await client.locate('chat-ws', 'region=eu')).toMatchObject([{ instance: 'e1' }]);
  const response = await fetch(`${service.http}/api/services?tag=region%3Das`);
  expect(await response.json()).toMatchObject({ total: 1, items: [{ instances: [{ instance: 's1' }] }] });
});

it('the registry was away: who announced is back by itself, before and after a restart', async () => {
  const first = await startDiscovery();
  const { udpPort } = first;
  await first.close();

  const client = openClient(udpPort);
  const announcement = client.announce(chat('a1'));
  expect(
    await openClient(udpPort, {
      locateRetransmission: { ackTimeoutMs: 10, ackRandomFactor: 1, maxRetransmissions: 1 },
    }).locate('chat-ws'),
  ).toBeUndefined();
  expect(announcement.isRegistered).toBe(false);

  for (let restart = 0; restart < 2; restart++) {
    const service = await startDiscovery({ DISCOVERY_PORT: String(udpPort), DISCOVERY_LEASE_MS: '600' });
    await vi.waitFor(async () => expect(await listedIds(service, 'chat-ws')).toEqual(['a1']), { timeout: 5000 });
    await service.close();
  }
  await client.closers.close();
});

it('who leaves while the registry is away does not wait for it', async () => {
  const service = await startDiscovery();
  const client = openClient(service.udpPort);
  const announcement = client.announce(chat('a1'));
  await vi.waitFor(() => expect(announcement.isRegistered).toBe(true));
  await service.close();
  const startedAt = performance.now();
  await client.closers.close();
  expect(performance.now() - startedAt).toBeLessThan(1500);
});

it('the catalogue tells all that an instance said of itself, and keeps to its contract', async () => {
  const service = await startDiscovery();
  const announcement = openClient(service.udpPort).announce(chat('e1', { tags: ['region=eu'] }), () => 250);
  await vi.waitFor(() => expect(announcement.isRegistered).toBe(true));
  const answer = await (await fetch(`${service.http}/api/services/chat-ws`)).json();
  expect(answer).toMatchObject({ instances: [{ instance: 'e1', tags: ['region=eu'], load: 250 }] });
  // Nothing is there that the contract does not know.
  expect(catalogueService.parse(answer)).toEqual(answer);
  const list = await (await fetch(`${service.http}/api/services?name=chat-ws`)).json();
  expect(catalogue.parse(list)).toEqual(list);
});

it('the registry lists itself', async () => {
  const service = await startDiscovery();
  expect(await listed(service, 'udp-discovery')).toMatchObject([
    { main: 'udp', ports: { udp: service.udpPort, dns: service.dnsPort }, state: 'up' },
  ]);
  const [self] = (await openClient(service.udpPort).locate('udp-discovery')) ?? [];
  expect(self?.ports.http).toBe(Number(new URL(service.http).port));
});
