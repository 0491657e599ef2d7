import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Catalogue } from '@parley/common/contracts/catalogue';
import type { FoundInstance } from '@parley/common/contracts/discovery';
import { type Closers, createClosers } from '@parley/common/runtime/closers';
import { createKeyRing } from '@parley/common/runtime/key-ring';
import { silentLogger } from '@parley/common/runtime/logger';
import type { Env } from '@parley/common/runtime/settings';
import { type StartedService, startService } from '@parley/common/runtime/start-service';
import { openRegistryClient, type RegistryClientOptions } from '@parley/net/registry-client';
import { openUdpSocket, type UdpSocket } from '@parley/net/udp-socket';
import { afterEach } from 'vitest';
import { discovery } from '../src/service.ts';

export const SECRET = 'a service secret for the tests of discovery';
export const keys = createKeyRing([SECRET]);

export type StartedDiscovery = StartedService & {
  udpPort: number;
  dnsPort: number;
  echoPort: number;
  http: string;
};

const releases: (() => unknown)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

/** Runs when the test has ended, last in first out. */
export function afterTest(release: () => unknown): void {
  releases.push(release);
}

/** The real service on free ports; closed when the test has ended. */
export async function startDiscovery(env: Env = {}): Promise<StartedDiscovery> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-discovery-'));
  const ports = { DISCOVERY_PORT: '0', DISCOVERY_DNS_PORT: '0', DISCOVERY_ECHO_PORT: '0', DISCOVERY_HTTP_PORT: '0' };
  const common = { PARLEY_SERVICE_SECRET: SECRET, PARLEY_DATA_DIR: dataDir };
  afterTest(() => rm(dataDir, { recursive: true }));
  const service = await startService(discovery, { ...common, ...ports, ...env }, silentLogger());
  afterTest(() => service.close());
  const portOf = (label: string) => Number(new URL(urlOf(service, label) ?? 'udp://x:0').port);
  const [udpPort, dnsPort, echoPort] = [portOf('datagrams'), portOf('DNS over UDP and TCP'), portOf('UDP echo')];
  return { ...service, udpPort, dnsPort, echoPort, http: new URL(urlOf(service, 'catalogue') ?? '').origin };
}

function urlOf({ addresses }: StartedService, label: string): string | undefined {
  return addresses.find((address) => address.label === label)?.url;
}

/** Another socket on the loopback address; closed when the test has ended. */
export async function openSocket(port = 0): Promise<UdpSocket> {
  const socket = await openUdpSocket({ host: '127.0.0.1', port });
  afterTest(() => socket.close());
  return socket;
}

export type TestClient = ReturnType<typeof openRegistryClient> & { closers: Closers };

/** The client that services use, impatient enough for a test. */
export function openClient(udpPort: number, options: Partial<RegistryClientOptions> = {}): TestClient {
  const closers = createClosers();
  const patience = { ackTimeoutMs: 50, ackRandomFactor: 1.5, maxRetransmissions: 6 };
  const client = openRegistryClient({
    discoveryUrl: `udp://127.0.0.1:${udpPort}`,
    keys,
    log: silentLogger(),
    closers,
    retransmission: patience,
    locateRetransmission: patience,
    retry: { baseMs: 20, maxMs: 200 },
    cacheMs: 0,
    ...options,
  });
  afterTest(() => closers.close());
  return { ...client, closers };
}

/** What a service says of itself. */
export function chat(
  instance: string,
  more: { address?: string; ports?: Record<string, number>; tags?: string[] } = {},
) {
  return {
    name: 'chat-ws',
    instance,
    version: '1.0.0',
    address: '127.0.0.1',
    ports: { http: 8081 },
    main: 'http',
    ...more,
  };
}

/** The instances of a service as the HTTP catalogue lists them. */
export async function listed({ http }: StartedDiscovery, name: string): Promise<FoundInstance[]> {
  const response = await fetch(`${http}/api/services?name=${name}`);
  const { items } = (await response.json()) as Catalogue;
  return items[0]?.instances ?? [];
}

/** The service's metrics. */
export async function figuresOf({ http }: StartedDiscovery): Promise<string> {
  return (await fetch(`${http}/metrics`)).text();
}

export async function listedIds(service: StartedDiscovery, name: string): Promise<string[]> {
  return (await listed(service, name)).map(({ instance }) => instance);
}
