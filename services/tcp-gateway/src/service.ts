import { randomBytes } from 'node:crypto';
import { amended, type LogEntry } from '@parley/common/contracts/log-entry';
import { Fanout } from '@parley/common/fanout/fanout';
import { connectionsByDescriptors } from '@parley/common/runtime/descriptor-limit';
import { createHttpApp, finishHttpApp } from '@parley/common/runtime/http-app';
import { hostPort, listenHttp } from '@parley/common/runtime/listen';
import { createServiceTokens } from '@parley/common/runtime/service-tokens';
import type { ServiceContext, ServiceDefinition } from '@parley/common/runtime/start-service';
import { advertisedAddress } from '@parley/net/advertised-address';
import { type Backoff, backoffMs } from '@parley/net/backoff';
import { openRegistryClient } from '@parley/net/registry-client';
import { Admission } from './clients/admission.ts';
import type { ClientConnection } from './clients/client-connection.ts';
import type { ClientContext } from './clients/client-context.ts';
import { openClientListener } from './clients/open-client-listener.ts';
import { openEchoListener } from './echo-listener.ts';
import { entryEncoders } from './encoders.ts';
import { createGatewayMetrics, watchGateway } from './gateway-metrics.ts';
import { LinkPool } from './links/link-pool.ts';
import { openLink } from './links/open-link.ts';
import { createKeyMaker } from './sessions/key-maker.ts';
import { checkGatewaySettings, type GatewaySettings, gatewaySettings } from './settings.ts';
import { startSweep } from './sweep.ts';

const name = 'tcp-gateway';
const defaultChatWsUrl = 'http://127.0.0.1:8081';

export const gateway: ServiceDefinition<GatewaySettings> = {
  name,
  settings: gatewaySettings,
  rule: checkGatewaySettings,
  create: createGateway,
};

async function createGateway(context: ServiceContext<GatewaySettings>) {
  const { settings, log, keys, closers } = context;
  const metrics = createGatewayMetrics(name);
  const tokens = createServiceTokens(keys, name);
  const registry = openRegistryClient({ discoveryUrl: settings.discoveryUrl, keys, log, closers });
  const retry: Backoff = { baseMs: settings.linkRetryMs, maxMs: settings.linkRetryMaxMs };

  const fanout = new Fanout<LogEntry>({
    encoders: entryEncoders,
    amend: amended,
    retryDelayMs: (attempt) => backoffMs(retry, attempt, Math.random()),
    limits: { behindBytes: settings.maxUnsentBytes, tailBytesTotal: settings.tailBytes },
    onReadFailed: (room, err) => log.debug({ err, room }, 'a stretch of a log could not be read'),
  });
  closers.push('fan-out', () => fanout.close());

  const { heartbeatMs: pingMs, heartbeatTimeoutMs: pongMs, stalledMs } = settings;
  const linkOptions = {
    ...settings,
    // chat-ws reads whatever comes, at once.
    heartbeat: { pingMs, pongMs, stalledMs: pongMs },
    resolve: registry.resolver('chat-ws', settings.chatWsUrl, defaultChatWsUrl, 'http'),
    tokens,
    connectMs: settings.linkConnectMs,
    messageBytes: settings.linkMessageBytes,
    unsentBytes: settings.linkUnsentBytes,
    fanout,
    retry,
    log,
  };
  const links = new LinkPool({
    count: settings.links,
    open: (signal) => openLink(linkOptions, signal),
    retry,
    attachAtOnce: settings.attachAtOnce,
    log,
  });

  const clients = new Set<ClientConnection>();
  const waiting = { count: 0 };
  watchGateway(metrics, { fanout, links, clients, waiting });
  const isLinked = { name: 'chat-ws', check: () => (links.up > 0 ? undefined : 'there is no link to chat-ws') };
  const app = createHttpApp({ context, metrics: metrics.registry, tokens, checks: [isLinked] });
  const http = await listenHttp(finishHttpApp(app, context), {
    host: settings.host,
    port: settings.httpPort,
    setting: 'GATEWAY_HTTP_PORT',
    closers,
  });

  links.start();
  closers.push('links', () => links.close());
  startSweep({ settings, closers, links, clients });

  const clientContext: ClientContext = {
    settings,
    heartbeat: { pingMs, pongMs, stalledMs },
    sessions: {
      links,
      waiting,
      createKey: createKeyMaker(randomBytes(9)),
      retry,
      waitMs: settings.waitMs,
      maxWaiting: settings.maxWaiting,
      answerMs: settings.answerMs,
      onResumed(repeated) {
        metrics.resumed.inc();
        metrics.repeated.inc(repeated);
      },
    },
    metrics,
    log,
    clients,
  };
  const admission = new Admission({
    total: Math.min(settings.maxConnections, connectionsByDescriptors()),
    perAddress: settings.maxConnectionsPerAddress,
  });
  const { host, keepAliveMs, closeMs, echoPort } = settings;
  const echo =
    echoPort === undefined
      ? undefined
      : await openEchoListener({ host, port: echoPort, admission, keepAliveMs, closeMs, metrics, log, closers });
  const tcp = await openClientListener({ context: clientContext, settings, admission, closers });

  registry.announce({
    name,
    instance: context.instance,
    version: context.version,
    address: advertisedAddress(settings),
    ports: { tcp: tcp.port, http: http.port },
    main: 'tcp',
  });

  const label = settings.tlsCert ? 'lines, frames, TLS' : 'lines, frames';
  const addresses = [
    { label, url: `tcp://${hostPort(tcp.host, tcp.port)}` },
    ...(echo ? [{ label: 'echo', url: `tcp://${hostPort(echo.host, echo.port)}` }] : []),
    { label: 'health', url: http.url },
  ];
  return { addresses };
}
