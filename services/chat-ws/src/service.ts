import { createServer } from 'node:http';
import type { LogEntry } from '@parley/common/contracts/log-entry';
import { Fanout } from '@parley/common/fanout/fanout';
import { createTokenVerifier, requireUser } from '@parley/common/runtime/access-tokens';
import { openDatabase } from '@parley/common/runtime/database';
import { connectionsByDescriptors } from '@parley/common/runtime/descriptor-limit';
import { mountEventFeed } from '@parley/common/runtime/event-feed-route';
import { createHttpApp, finishHttpApp } from '@parley/common/runtime/http-app';
import { listenHttp } from '@parley/common/runtime/listen';
import { createServiceTokens } from '@parley/common/runtime/service-tokens';
import type { ServiceContext, ServiceDefinition } from '@parley/common/runtime/start-service';
import { advertisedAddress } from '@parley/net/advertised-address';
import { backoffMs } from '@parley/net/backoff';
import { openRegistryClient } from '@parley/net/registry-client';
import type { Chat } from './chat.ts';
import { Admission } from './connections/admission.ts';
import { Answers } from './connections/answers.ts';
import { createClientAddress } from './connections/client-address.ts';
import { drain } from './connections/drain.ts';
import { clientPath, Endpoint } from './connections/endpoint.ts';
import { createOriginCheck } from './connections/origins.ts';
import { entryEncoders } from './encode.ts';
import { createCommitQueue } from './log/commit-queue.ts';
import { chatMigrations } from './log/migrations.ts';
import { openRoomLog } from './log/open-room-log.ts';
import type { ChatTables } from './log/tables.ts';
import { createChatMetrics } from './metrics.ts';
import { Rooms } from './rooms/rooms.ts';
import { createReaders } from './routes/readers.ts';
import { mountRoomMessages } from './routes/room-messages.ts';
import { mountRooms } from './routes/rooms.ts';
import { createAuthenticator } from './sessions/authenticate.ts';
import { Sessions } from './sessions/sessions.ts';
import { createTickets } from './sessions/ticket.ts';
import { type ChatWsSettings, chatWsSettings } from './settings.ts';
import { showFigures } from './show-figures.ts';
import { sweep, sweepEveryMs } from './sweep.ts';

const usersApiDefault = 'http://127.0.0.1:8080';

/** Pauses between reads of a log that cannot be read. */
const readRetry = { baseMs: 50, maxMs: 5_000 };

/** A peer that connects and does not finish its request is let go, in ms. */
const handshakeTimes = { headersTimeout: 10_000, requestTimeout: 60_000, connectionsCheckingInterval: 5_000 };

/** Wires the service: what is further down uses what is further up, and is released before it. */
async function createChatWs(context: ServiceContext<ChatWsSettings>) {
  const { settings, log: logger, keys, closers } = context;
  const now = Date.now;
  const metrics = createChatMetrics(context.name);
  const tokens = createServiceTokens(keys, context.name);

  const database = await openDatabase<ChatTables>({
    service: 'chat',
    databaseUrl: settings.ownDatabaseUrl ?? settings.sharedDatabaseUrl,
    dataDir: settings.dataDir,
    migrations: chatMigrations,
    closers,
    log: logger,
  });
  const log = openRoomLog({
    database,
    retention: {
      maxEntries: settings.keepEntries,
      maxAgeMs: settings.keepMs,
      eventMaxAgeMs: settings.keepEventsMs,
      keyMaxAgeMs: settings.keepKeysMs,
    },
    sweepMs: settings.retentionEveryMs,
    statementTimeoutMs: settings.statementMs,
    settleMs: settings.settleMs,
    log: logger,
  });
  closers.push('room log', () => log.close());

  const registry = openRegistryClient({ discoveryUrl: settings.discoveryUrl, keys, log: logger, closers });
  const usersApi = registry.resolver('users-api', settings.usersApiUrl, usersApiDefault, 'http');
  const verifier = createTokenVerifier({ jwksUrl: async () => new URL('/.well-known/jwks.json', await usersApi()) });
  const tickets = createTickets(keys, settings.ticketMs);
  const { guests, guestMs } = settings;
  const authenticator = createAuthenticator({ verifier, tickets, guests, guestMs });

  const fanout = new Fanout<LogEntry>({
    encoders: entryEncoders,
    limits: { behindBytes: settings.behindBytes, tailBytesTotal: settings.tailBytes },
    retryDelayMs: (attempt) => backoffMs(readRetry, attempt, Math.random()),
    isMoreComing: () => commits.pending > 0,
    onReadFailed: (room, err) => logger.warn({ err, room }, 'a room log cannot be read; trying again'),
  });
  const rooms = new Rooms({ log, fanout, presenceDetail: settings.presenceDetail });
  closers.push('rooms', () => {
    rooms.close();
    fanout.close();
  });
  const answers = new Answers();
  const commits = createCommitQueue(log, {
    maxBatch: settings.batchPosts,
    maxWaiting: settings.waitingPosts,
    maxWaitingChars: settings.waitingChars,
    onAnswered: answers.flush,
    onCommitted: (room, epoch, entries) => rooms.committed(room, epoch, entries),
    log: logger,
  });

  const sessions = new Sessions(settings);
  const { messageBytes, posts, postsWindowMs } = settings;
  const chat: Chat = {
    instance: context.instance,
    settings,
    limits: { messageBytes, posts, postsWindowMs, rooms: settings.roomsPerConnection },
    authenticator,
    tickets,
    sessions,
    rooms,
    log,
    commits,
    metrics,
    logger,
    now,
  };

  const app = createHttpApp({
    context,
    metrics: metrics.registry,
    tokens,
    checks: [
      { name: 'database', check: () => database.check() },
      { name: 'log', check: () => log.health() },
    ],
  });
  const routes = { chat, readers: createReaders(verifier, settings.guests), users: requireUser(verifier) };
  mountRooms(app, routes);
  mountRoomMessages(app, routes);
  mountEventFeed(app, { feed: log.feed, tokens, closers });
  const server = createServer(handshakeTimes, finishHttpApp(app, context));
  const limit = Math.min(settings.connections, connectionsByDescriptors());
  server.maxConnections = limit + 100;
  const admission = new Admission({
    sessions,
    limit,
    addressOf: createClientAddress(settings.trustedProxies),
    isAllowedOrigin: createOriginCheck(settings.origins, usersApi),
    closing: closers.closing,
  });
  const endpoint = new Endpoint(server, { chat, answers, admission, tokens });
  showFigures(chat, { fanout, endpoint });

  const { host, port } = settings;
  const listening = await listenHttp(server, { host, port, setting: 'CHAT_WS_PORT', closers });
  const { pingMs, pongMs, authMs, ticketEveryMs } = settings;
  const everyMs = sweepEveryMs([pingMs, pongMs, authMs, ticketEveryMs]);
  const timer = setInterval(() => sweep(chat, endpoint.connections), everyMs);
  closers.push('sweep', () => clearInterval(timer));
  let stopBy = 0;
  closers.closing.addEventListener('abort', () => {
    stopBy = performance.now() + settings.drainMs;
  });
  closers.push('clients', async () => {
    server.close();
    await drain(chat, endpoint.connections, { withinMs: stopBy - performance.now(), random: Math.random });
  });
  registry.announce({
    name: context.name,
    instance: context.instance,
    version: context.version,
    address: advertisedAddress(settings),
    ports: { http: listening.port },
    main: 'http',
  });

  return {
    addresses: [
      { label: 'WebSocket', url: `${listening.url.replace(/^http/, 'ws')}${clientPath}` },
      { label: 'REST', url: listening.url },
    ],
  };
}

export const chatWs: ServiceDefinition<ChatWsSettings> = {
  name: 'chat-ws',
  settings: chatWsSettings,
  create: createChatWs,
};
