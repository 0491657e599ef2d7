import { randomBytes } from 'node:crypto';
import { createHttpApp, finishHttpApp } from '@parley/common/runtime/http-app';
import { hostPort, listenHttp, StartError } from '@parley/common/runtime/listen';
import { createServiceTokens } from '@parley/common/runtime/service-tokens';
import type { ServiceAddress, ServiceContext, ServiceDefinition } from '@parley/common/runtime/start-service';
import { advertisedAddress } from '@parley/net/advertised-address';
import { addressesOf } from '@parley/net/lookup';
import { openUdpSocket, type UdpSocket } from '@parley/net/udp-socket';
import { mountCatalogue } from './catalogue-routes.ts';
import { createDnsAnswers } from './dns/dns-answers.ts';
import { openDns } from './dns/open-dns.ts';
import { createDnsTcpServer } from './dns/tcp-server.ts';
import { echo, parleyUdpPorts } from './echo.ts';
import { keepLeases } from './keep-leases.ts';
import { createDiscoveryMetrics } from './metrics.ts';
import { Cookies } from './native/cookies.ts';
import { rememberStampsMs } from './native/lease-policy.ts';
import { createNativeAnswers } from './native/native-answers.ts';
import { Registry } from './registry.ts';
import { type AnswerDatagram, serveDatagrams } from './serve-datagrams.ts';
import { type Settings, settings } from './settings.ts';

/** For the machine's own name, once, at the start. */
const LOOKUP_TIMEOUT_MS = 5000;

export const discovery: ServiceDefinition<Settings> = { name: 'udp-discovery', settings, create };

async function create(context: ServiceContext<Settings>): Promise<{ addresses: ServiceAddress[] }> {
  const { name, instance, version, settings, log, keys, closers } = context;
  const { host, maxQueuedBytes } = settings;
  const bind = { host, maxQueuedBytes, onError: (err: Error) => log.warn({ err }, 'a UDP socket reported an error') };
  const now = () => performance.now();

  const registry = new Registry({ maxInstances: settings.maxInstances, rememberMs: rememberStampsMs(settings) });
  const { metrics, sockets, requests, queries, limited } = createDiscoveryMetrics(name, registry);
  const ownPorts = new Set<number>(parleyUdpPorts);

  function serve(label: string, socket: UdpSocket, answer: AnswerDatagram): number {
    sockets.push(socket);
    ownPorts.add(socket.address.port);
    closers.push(label, () => socket.close());
    void serveDatagrams(socket, answer, log);
    return socket.address.port;
  }

  const native = await openUdpSocket({ ...bind, port: settings.port, setting: 'DISCOVERY_PORT' });
  const nativePort = serve(
    'native port',
    native,
    createNativeAnswers({
      context: { registry, cookies: new Cookies(randomBytes(32)), policy: settings, log, now, wallClock: Date.now },
      keys,
      maxAnswers: settings.maxAnswers,
      onRequest: (type, outcome) => requests.inc({ type, outcome }),
    }),
  );

  const { dnsMaxQueryBytes: maxQueryBytes } = settings;
  const dnsAnswers = createDnsAnswers({
    registry,
    ttl: settings.dnsTtlS,
    maxQueryBytes,
    perSecond: settings.dnsResponsesPerSecond,
    maxNetworks: settings.dnsMaxNetworks,
    now,
    onQuery: (transport) => queries.inc({ transport }),
    onLimited: () => limited.inc(),
  });
  const dnsTcp = createDnsTcpServer({
    answer: dnsAnswers.overTcp,
    maxConnections: settings.dnsMaxConnections,
    maxConnectionsPerIp: settings.dnsMaxConnectionsPerIp,
    idleMs: settings.dnsIdleMs,
    maxQueryBytes,
    log,
  });
  const dns = await openDns(dnsTcp.server, { ...bind, port: settings.dnsPort, setting: 'DISCOVERY_DNS_PORT' });
  closers.push('DNS connections', dnsTcp.close);
  const dnsPort = serve('DNS port', dns, dnsAnswers.overUdp);

  const addresses = [
    { label: 'datagrams', url: `udp://${hostPort(host, nativePort)}` },
    { label: 'DNS over UDP and TCP', url: `dns://${hostPort(host, dnsPort)}` },
  ];
  if (settings.echoPort !== undefined) {
    const socket = await openUdpSocket({ ...bind, port: settings.echoPort, setting: 'DISCOVERY_ECHO_PORT' });
    const echoPort = serve('echo port', socket, (datagram) => echo(datagram, ownPorts));
    addresses.push({ label: 'UDP echo', url: `udp://${hostPort(host, echoPort)}` });
  }

  const overloaded = () =>
    sockets.some(({ isOverflowing }) => isOverflowing) ? 'datagrams are being lost' : undefined;
  const checks = [{ name: 'datagrams', check: overloaded }];
  const app = createHttpApp({ context, metrics, tokens: createServiceTokens(keys, name), checks });
  mountCatalogue(app, registry, now);
  const { httpPort } = settings;
  const http = await listenHttp(finishHttpApp(app, context), {
    host,
    port: httpPort,
    setting: 'DISCOVERY_HTTP_PORT',
    closers,
  });
  addresses.push({ label: 'catalogue', url: `${http.url}/api/services` });

  const ports = { udp: nativePort, dns: dnsPort, http: http.port };
  const address = await ownAddress(settings);
  const self = { name, instance, version, address, ports, main: 'udp' };
  keepLeases({ registry, self, leaseMs: settings.leaseMs, now, log, closers });
  return { addresses };
}

/** DNS answers need an address, not a name. @throws StartError that names the setting */
async function ownAddress(settings: Settings): Promise<string> {
  try {
    const [address = settings.host] = await addressesOf(advertisedAddress(settings), { timeoutMs: LOOKUP_TIMEOUT_MS });
    return address;
  } catch (cause) {
    const { host, advertise = host } = settings;
    throw new StartError(`"${advertise}" (PARLEY_ADVERTISE, else PARLEY_HOST) has no address`, { cause });
  }
}
