import { amended, type LogEntry } from '@parley/common/contracts/log-entry';
import { Fanout } from '@parley/common/fanout/fanout';
import { hostPort, listenHttp } from '@parley/common/runtime/listen';
import { watchLoopLag } from '@parley/common/runtime/loop-lag';
import { createServiceTokens } from '@parley/common/runtime/service-tokens';
import type { ServiceContext, ServiceDefinition } from '@parley/common/runtime/start-service';
import { advertisedAddress } from '@parley/net/advertised-address';
import { backoffMs } from '@parley/net/backoff';
import { openRegistryClient } from '@parley/net/registry-client';
import type { Chat } from './chat.ts';
import type { Bus } from './cluster/bus.ts';
import { Comparison } from './cluster/comparison.ts';
import { joinCluster, openCluster } from './cluster/open-cluster.ts';
import { readRoles, readRoomStates } from './cluster/room-states.ts';
import { Answers } from './connections/answers.ts';
import { createServer } from './connections/create-server.ts';
import { clientPath } from './connections/endpoint.ts';
import { keepConnections } from './connections/keep-connections.ts';
import { createTlsCheck } from './connections/plain-http.ts';
import { createProxyCheck } from './connections/trusted-proxies.ts';
import { entryEncoders } from './encode.ts';
import { FairTurns } from './limits/fair-turns.ts';
import { PostRates } from './limits/post-rates.ts';
import { createCommitQueue } from './log/commit-queue.ts';
import { openLog } from './log/open-log.ts';
import { loadPlace } from './log/revoked-users.ts';
import { roomSettled } from './log/room-lock.ts';
import { storeSeen } from './log/seen.ts';
import { createChatMetrics } from './metrics.ts';
import { leaveAll } from './room-effects.ts';
import { Absences } from './rooms/absences.ts';
import { Doubts } from './rooms/doubts.ts';
import { Rooms } from './rooms/rooms.ts';
import { SeenMarks } from './rooms/seen-marks.ts';
import { createApp } from './routes/create-app.ts';
import { Sessions } from './sessions/sessions.ts';
import { type ChatWsSettings, chatWsSettings, checkChatWsSettings } from './settings.ts';
import { showFigures } from './show-figures.ts';
import { followUsers } from './users/follow-users.ts';
import { loadIdentities } from './users/identities.ts';

const usersApiDefault = 'http://127.0.0.1:8080';

/** Pauses between tries of what the database cannot do now. */
const databaseRetry = { baseMs: 50, maxMs: 5_000 };

/**
 * For tests and benchmarks only. `commitDelayMs`: how long each commit on SQLite takes longer than it does. `wrapBus`: what NATS loses.
 */
export type ChatWsTrials = { commitDelayMs?: number; wrapBus?: (bus: Bus) => Bus };

/** Wires the service: what is further down uses what is further up, and is released before it. */
async function create(
  context: ServiceContext<ChatWsSettings>,
  { commitDelayMs, wrapBus = (bus) => bus }: ChatWsTrials,
) {
  const { settings, log: logger, keys, closers } = context;
  const now = Date.now;
  const metrics = createChatMetrics(context.name);
  const tokens = createServiceTokens(keys, context.name);

  const { database, log } = await openLog(context, commitDelayMs);
  const registry = openRegistryClient({ discoveryUrl: settings.discoveryUrl, keys, log: logger, closers });
  const usersApi = registry.resolver('users-api', settings.usersApiUrl, usersApiDefault, 'http');
  // Before what is known of users, as other nodes store both together: what this node does not know yet, it will read.
  const place = await loadPlace(database.db, 'users-api');
  const { users, verifier, tickets, authenticator } = await loadIdentities(context, { db: database.db, usersApi });

  const retryDelayMs = (attempt: number) => backoffMs(databaseRetry, attempt, Math.random());
  const fanout = new Fanout<LogEntry>({
    encoders: entryEncoders,
    amend: amended,
    limits: { behindBytes: settings.behindBytes, tailBytesTotal: settings.tailBytes },
    retryDelayMs,
    isMoreComing: () => commits.pending > 0,
    onReadFailed: (room, err) => logger.warn({ err, room }, 'a room log cannot be read; trying again'),
  });
  const cluster = openCluster({ context, retryDelayMs, wrapBus });
  const rooms = new Rooms({
    log,
    fanout,
    presenceDetail: settings.presenceDetail,
    onGone: (room) => leaveAll(chat, room),
    linkRoom: cluster?.link,
    usersElsewhere: cluster && ((room) => cluster.usersIn(room)),
  });
  closers.push('rooms', () => {
    rooms.close();
    fanout.close();
  });
  const { presenceGraceMs: graceMs, presenceAbsent: most } = settings;
  const absences = new Absences({ graceMs, most, release: (room) => rooms.release(room) });
  closers.push('absences', () => absences.close());
  const seenMarks = new SeenMarks({
    store: (marks) => log.write((trx) => storeSeen(trx, marks)),
    gatherMs: settings.seenGatherMs,
    maxWaiting: settings.waitingSeen,
    retryDelayMs,
    log: logger,
  });
  closers.push('seen marks', () => seenMarks.close());
  const answers = new Answers();
  const commits = createCommitQueue(log, {
    maxBatch: settings.batchPosts,
    maxWaiting: settings.waitingPosts,
    maxWaitingChars: settings.waitingChars,
    answering: answers.together,
    onCommitted(room, epoch, entries) {
      cluster?.committed(room, epoch, entries);
      rooms.committed(room, epoch, entries);
    },
    log: logger,
  });

  const sessions = new Sessions(settings);
  const comparison = new Comparison({
    chat: { rooms, sessions, logger },
    states: (names) => readRoomStates(database.db, names),
    roles: (about) => readRoles(database.db, about),
  });
  closers.push('comparison', () => comparison.close());
  const doubts = new Doubts({ rooms, comparison, settled: (name) => roomSettled(database, name), retryDelayMs });
  closers.push('doubts', () => doubts.close());
  const { messageBytes, posts, postsWindowMs } = settings;
  const chat: Chat = {
    instance: context.instance,
    settings,
    limits: { messageBytes, posts, postsWindowMs, rooms: settings.roomsPerConnection },
    authenticator,
    tickets,
    sessions,
    rooms,
    doubts,
    cluster,
    absences,
    seenMarks,
    log,
    commits,
    rates: new PostRates(settings),
    reads: new FairTurns({
      atOnce: settings.reads,
      atOncePerName: settings.readsPerUser,
      waitingPerName: settings.waitingReads,
      onRefused: () => metrics.limited.inc({ limit: 'reads_waiting' }),
    }),
    metrics,
    logger,
    now,
  };

  if (cluster !== undefined) joinCluster(chat, { cluster, comparison, closers });
  const usersFeed = followUsers(chat, { kind: database.kind, users, place, address: usersApi, tokens, closers });
  const loop = watchLoopLag({ maxLagMs: settings.maxLoopLagMs, log: logger, closers });
  const { tlsCert } = settings;
  const isTrusted = createProxyCheck(settings.trustedProxies);
  const checkTls = tlsCert ? createTlsCheck(isTrusted) : undefined;
  const app = createApp(context, {
    chat,
    verifier,
    tokens,
    usersApi,
    checks: [
      { name: 'database', check: () => database.check() },
      { name: 'log', check: () => log.health() },
      loop.check,
      // Who is connected stays; a deleted user may stay for longer.
      { name: 'feed of users-api', check: usersFeed.check, isNote: true },
      { name: 'NATS', check: () => (cluster?.isUp === false ? 'NATS is away' : undefined), isNote: true },
    ],
    checkTls,
  });
  const parts = { chat, app, answers, tokens, usersApi, isTrusted, checkTls, loop, closers };
  const { server, endpoint } = createServer(parts);
  showFigures(chat, { fanout, endpoint, users, usersFeed });

  const { host, port } = settings;
  const listening = await listenHttp(server, { host, port, setting: 'CHAT_WS_PORT', closers });
  keepConnections(chat, { server, endpoint, closers });
  registry.announce({
    name: context.name,
    instance: context.instance,
    version: context.version,
    address: advertisedAddress(settings),
    ports: { http: listening.port },
    main: 'http',
  });

  const s = tlsCert ? 's' : '';
  const where = hostPort(listening.host, listening.port);
  return {
    addresses: [
      { label: 'WebSocket', url: `ws${s}://${where}${clientPath}` },
      { label: 'REST', url: `http${s}://${where}` },
      ...(tlsCert ? [{ label: 'links, health', url: listening.url }] : []),
    ],
  };
}

/** The service, as benchmarks may want it. */
export const createChatWs = (trials: ChatWsTrials = {}): ServiceDefinition<ChatWsSettings> => ({
  name: 'chat-ws',
  settings: chatWsSettings,
  rule: checkChatWsSettings,
  create: (context) => create(context, trials),
});

export const chatWs = createChatWs();
