import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { Closers } from '@parley/common/runtime/closers';
import { connectionsByDescriptors } from '@parley/common/runtime/descriptor-limit';
import type { LoopLag } from '@parley/common/runtime/loop-lag';
import type { ServiceTokens } from '@parley/common/runtime/service-tokens';
import type { Resolver } from '@parley/net/service-resolver';
import type { Chat } from '../chat.ts';
import { Admission } from './admission.ts';
import type { Answers } from './answers.ts';
import { createClientAddress } from './client-address.ts';
import { Endpoint } from './endpoint.ts';
import { boundHandshakes } from './handshakes.ts';
import { createOriginCheck } from './origins.ts';
import type { TlsCheck } from './plain-http.ts';
import { openTlsFront } from './tls-front.ts';
import type { ProxyCheck } from './trusted-proxies.ts';

export type ServerOptions = {
  chat: Chat;
  /** What answers requests. */
  app: RequestListener;
  answers: Answers;
  tokens: ServiceTokens;
  usersApi: Resolver;
  isTrusted: ProxyCheck;
  /** Undefined: there is no certificate. */
  checkTls: TlsCheck | undefined;
  loop: LoopLag;
  closers: Closers;
};

/** How long the body of a request may take, in ms. */
const requestMs = 60_000;

/** A request's connection on which nothing moves for so long is ended; longer than the event feed lets anybody wait. WebSockets have their heartbeat. */
const stillMs = 120_000;

/** Connections besides those of clients: requests to REST, to `/readyz`, and upgrades on their way to being refused. */
const besides = 100;

/** The server of requests and WebSockets, with or without TLS, before it listens; what it lets in is bounded. @throws StartError */
export function createServer(options: ServerOptions): { server: Server; endpoint: Endpoint } {
  const { chat, app, answers, tokens, usersApi, isTrusted, checkTls, loop, closers } = options;
  const { settings, sessions, metrics, logger: log } = chat;
  const { handshakeMs } = settings;
  const serving = {
    headersTimeout: handshakeMs,
    requestTimeout: Math.max(requestMs, handshakeMs),
    connectionsCheckingInterval: Math.ceil(Math.min(5_000, handshakeMs / 2)),
    // Who offers another protocol is answered in HTTP/1.1 (RFC 9110 §7.8): curl --http2 is one.
    shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
  };
  const limit = Math.min(settings.connections, connectionsByDescriptors());
  const onLimit = (limit: string) => metrics.limited.inc({ limit });
  const server = createHttpServer(serving, app);
  server.timeout = stillMs;
  server.maxConnections = limit + besides;
  const admission = new Admission({
    sessions,
    limit,
    addressOf: createClientAddress(isTrusted),
    isAllowedOrigin: createOriginCheck(settings.origins, usersApi),
    checkTls,
    closing: closers.closing,
    isOverloaded: () => loop.isOverloaded,
    onLimit,
  });
  const endpoint = new Endpoint(server, { chat, answers, admission, tokens });
  const onRefused = () => onLimit('connections_address');
  if (checkTls !== undefined) openTlsFront(server, { settings, sessions, isTrusted, onRefused, log, closers });
  boundHandshakes(server, {
    most: () => Math.min(settings.handshakes, limit + besides - endpoint.connections.size - besides / 2),
    onDropped: () => onLimit('handshakes'),
  });
  return { server, endpoint };
}
