import { commonSettings } from '@parley/common/runtime/common-settings';
import { databaseSettings } from '@parley/common/runtime/database-settings';
import {
  byMode,
  bytes,
  defineSettings,
  int,
  list,
  millis,
  oneOf,
  onOff,
  optionalSetting,
  origin,
  port,
  type SettingsOf,
  setting,
  url,
  type ValueType,
} from '@parley/common/runtime/settings';
import { checkTlsSettings, tlsSettings } from '@parley/common/runtime/tls-settings';

const count = (max: number) => int({ min: 1, max });

const dayMs = 86_400_000;

/** The first tokens of NATS subjects. */
function subjectPrefix(): ValueType<string> {
  return {
    name: 'text',
    parse(raw) {
      if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(raw) || raw.length > 64)
        throw new Error('is not letters, digits, - and _, parted by dots');
      return raw;
    },
  };
}

export const chatWsSettings = defineSettings({
  ...commonSettings,
  port: setting('CHAT_WS_PORT', port(), { default: 8081, doc: 'HTTP and WebSocket' }),
  ...tlsSettings('CHAT_WS'),
  ...databaseSettings('chat'),
  natsServers: optionalSetting('NATS_URL', list(url('nats:', 'tls:')), {
    doc: 'NATS servers, with the credentials of the first, that carry messages between several chat-ws nodes on one PostgreSQL',
    defaultDoc: 'unset: this node is the only one',
    secret: true,
  }),
  natsPrefix: setting('NATS_PREFIX', subjectPrefix(), {
    default: 'parley',
    doc: 'begins the subjects; two deployments that share a NATS server need different ones',
  }),
  usersApiUrl: optionalSetting('USERS_API_URL', url('http:', 'https:'), {
    doc: 'where users are, and the keys that sign access tokens',
    defaultDoc: 'found by discovery',
  }),
  origins: setting('PARLEY_ORIGINS', list(origin()), {
    default: [] as string[],
    doc: "browsers' origins that may connect; programs that send no `Origin` always may",
    defaultDoc: "users-api's address",
  }),
  guests: setting('PARLEY_GUESTS', onOff(), { default: byMode(true, false), doc: 'people may enter as guests' }),
  roomCreate: setting('PARLEY_ROOM_CREATE', oneOf('guests', 'users', 'nobody'), {
    default: byMode<'guests' | 'users' | 'nobody'>('guests', 'users'),
    doc: 'who may create rooms, by joining them or (users) over REST; admins always may',
  }),
  echo: setting('CHAT_WS_ECHO', onOff(), {
    default: byMode(true, false),
    doc: 'WebSocket path `/echo`: sends back what comes',
  }),
  broadcast: setting('CHAT_WS_BROADCAST', onOff(), {
    default: byMode(true, false),
    doc: 'WebSocket path `/broadcast`: what comes goes to everybody there',
  }),
  deflate: setting('CHAT_WS_DEFLATE', onOff(), {
    default: false,
    doc: 'compression of messages (permessage-deflate) on `/ws` for clients that offer it: less traffic, for a multiple of the CPU time and some 100 KB for each of them',
  }),
  rooms: setting('CHAT_WS_ROOMS', count(100_000_000), { default: 100_000, doc: 'rooms in all' }),
  roomsPerUser: setting('CHAT_WS_ROOMS_PER_USER', count(100_000_000), {
    default: 1_000,
    doc: 'rooms that one user may create',
  }),
  membersPerRoom: setting('CHAT_WS_MEMBERS_PER_ROOM', count(100_000_000), {
    default: 10_000,
    doc: 'stored memberships of one room; apart from them, as many bans',
  }),
  usersApiMs: setting('CHAT_WS_USERS_API_MS', millis(60_000), {
    default: 3_000,
    doc: 'how long an answer of users-api is waited for, when a room gets a member',
  }),
  messageBytes: setting('CHAT_WS_MESSAGE_BYTES', bytes(16 << 20), {
    default: 64 * 1024,
    doc: 'longest message of a client; one of more than twice that closes the connection (1009)',
  }),
  lineBytes: setting('CHAT_WS_LINE_BYTES', bytes(16 << 20), {
    default: 8 * 1024,
    doc: 'longest line of a client that speaks `parley.text.v1`; a `RESUME` may always be as long as a ticket needs',
  }),
  posts: setting('CHAT_WS_POSTS', count(1_000_000_000), {
    default: 40,
    doc: 'posts per connection in any `CHAT_WS_POSTS_WINDOW_MS`; so many messages on `/broadcast`',
  }),
  postsPerUser: optionalSetting('CHAT_WS_POSTS_PER_USER', count(1_000_000_000), {
    doc: 'the same per user, over all connections, links and REST',
    defaultDoc: '3 × `CHAT_WS_POSTS`',
  }),
  postsPerAddress: optionalSetting('CHAT_WS_POSTS_PER_ADDRESS', count(1_000_000_000), {
    doc: 'the same per IPv4 address or IPv6 network (/64) of the client',
    defaultDoc: '25 × `CHAT_WS_POSTS`',
  }),
  commands: setting('CHAT_WS_COMMANDS', count(1_000_000_000), {
    default: 400,
    doc: 'commands other than posts per connection at once, and as many again over each `CHAT_WS_POSTS_WINDOW_MS`',
  }),
  postsWindowMs: setting('CHAT_WS_POSTS_WINDOW_MS', millis(), { default: 2_000, doc: 'the window of these four' }),
  reads: setting('CHAT_WS_READS', count(10_000), {
    default: 8,
    doc: 'reads of the database that clients ask for (`history`, REST) and that are under way at once',
  }),
  readsPerUser: setting('CHAT_WS_READS_PER_USER', count(10_000), {
    default: 2,
    doc: 'of those, for one user, or for one address of guests; users that wait get their turns one after the other',
  }),
  waitingReads: setting('CHAT_WS_WAITING_READS', count(1_000_000), {
    default: 400,
    doc: 'reads of one user, or of one address of guests, that may wait for their turns; more are answered `RATE_LIMITED`',
  }),
  rateStrikes: setting('CHAT_WS_RATE_STRIKES', count(1_000_000_000), {
    default: 100,
    doc: 'refused posts and commands within 10 s after which the connection is closed (4429)',
  }),
  badMessages: setting('CHAT_WS_BAD_MESSAGES', count(1_000_000_000), {
    default: 20,
    doc: 'bad messages within a minute after which the connection is closed (4400)',
  }),
  roomsPerConnection: setting('CHAT_WS_ROOMS_PER_CONNECTION', count(100_000), {
    default: 100,
    doc: 'rooms that one connection may have joined',
  }),
  connections: setting('CHAT_WS_CONNECTIONS', count(10_000_000), {
    default: 18_000,
    doc: "connections in all; never more than the process's file descriptors allow",
  }),
  connectionsPerAddress: setting('CHAT_WS_CONNECTIONS_PER_ADDRESS', count(10_000_000), {
    default: 200,
    doc: "connections per IPv4 address or IPv6 network (/64), through the gateway's links as well",
  }),
  connectionsPerUser: setting('CHAT_WS_CONNECTIONS_PER_USER', count(10_000_000), {
    default: 20,
    doc: 'connections per user',
  }),
  handshakes: setting('CHAT_WS_HANDSHAKES', count(1_000_000), {
    default: 1_000,
    doc: 'connections at once that wait for a request, their first one or another; one more ends the one that has waited longest',
  }),
  handshakeMs: setting('CHAT_WS_HANDSHAKE_MS', int({ min: 10, max: 600_000 }), {
    default: 10_000,
    doc: 'how long such a connection may take; half as long again, at most, until that is seen',
  }),
  maxLoopLagMs: setting('CHAT_WS_MAX_LOOP_LAG_MS', int({ min: 1, max: 3_600_000 }), {
    default: 300,
    doc: 'when the event loop is this late for a second, the service is not ready and lets nobody in until it has caught up',
  }),
  authMs: setting('CHAT_WS_AUTH_MS', millis(), {
    default: 10_000,
    doc: 'a connection without `auth` for so long is closed (4401); of sessions behind a link, the gateway takes care',
  }),
  pingMs: setting('CHAT_WS_PING_MS', millis(), { default: 25_000, doc: 'time between two pings' }),
  pongMs: setting('CHAT_WS_PONG_MS', millis(), {
    default: 10_000,
    doc: 'a connection that is silent for so long after a ping is closed (4408)',
  }),
  stalledMs: setting('CHAT_WS_STALLED_MS', millis(), {
    default: 120_000,
    doc: 'the same for a connection that has much to read before it finds the ping',
  }),
  behindBytes: setting('CHAT_WS_BEHIND_BYTES', bytes(), {
    default: 256 * 1024,
    doc: 'unsent bytes of a connection above which it is served from the log, and not read from',
  }),
  tailBytes: setting('CHAT_WS_TAIL_BYTES', bytes(), {
    default: 64 * 1024 * 1024,
    doc: 'memory for the latest messages of all rooms',
  }),
  presenceDetail: setting('CHAT_WS_PRESENCE_DETAIL', int({ min: 0, max: 1_000_000 }), {
    default: 200,
    doc: 'rooms with more users are told their number only, once a second, and neither who types nor who has seen what',
  }),
  ticketMs: setting('CHAT_WS_TICKET_MS', millis(), {
    default: 3_600_000,
    doc: "how long a resume ticket is good for, unless the user's token ends before",
  }),
  presenceGraceMs: setting('CHAT_WS_PRESENCE_GRACE_MS', int({ min: 0, max: 600_000 }), {
    default: 5_000,
    doc: 'how long somebody whose connection was lost without a goodbye is still in its rooms, to be back without anybody being told',
  }),
  presenceAbsent: setting('CHAT_WS_PRESENCE_ABSENT', count(10_000_000), {
    default: 100_000,
    doc: 'places in rooms that are kept so; beyond, who is lost has left',
  }),
  typingEveryMs: setting('CHAT_WS_TYPING_EVERY_MS', millis(), {
    default: 1_000,
    doc: "of a connection's `typing` in one room, one is passed on in this time",
  }),
  seenGatherMs: setting('CHAT_WS_SEEN_GATHER_MS', millis(60_000), {
    default: 200,
    doc: 'how long `seen` marks are gathered before the rooms are told and they are stored',
  }),
  waitingSeen: setting('CHAT_WS_WAITING_SEEN', count(10_000_000), {
    default: 100_000,
    doc: '`seen` marks that may wait for the database; more are answered `UNAVAILABLE`',
  }),
  revokedMs: setting('CHAT_WS_REVOKED_MS', millis(365 * dayMs), {
    default: 2 * dayMs,
    doc: 'how long it is remembered who was deleted or changed; longer than access tokens last (`USERS_ACCESS_TOKEN_MS`, at most a day)',
  }),
  usersFeedWaitMs: setting('CHAT_WS_USERS_FEED_WAIT_MS', int({ min: 0, max: 60_000 }), {
    default: 2_000,
    doc: 'how long users-api may hold an answer about its users back until there is news; news comes at once',
  }),
  usersFeedTimeoutMs: setting('CHAT_WS_USERS_FEED_TIMEOUT_MS', millis(60_000), {
    default: 2_500,
    doc: 'how much longer than that an answer may take',
  }),
  usersFeedBackoffMs: setting('CHAT_WS_USERS_FEED_BACKOFF_MS', millis(600_000), {
    default: 2_000,
    doc: 'longest pause between tries while users-api is away',
  }),
  guestMs: setting('CHAT_WS_GUEST_MS', millis(30 * dayMs), {
    default: dayMs,
    doc: 'how long a guest may stay and resume under its name',
  }),
  ticketEveryMs: setting('CHAT_WS_TICKET_EVERY_MS', millis(), {
    default: 300_000,
    doc: 'time between two tickets that are pushed to a client',
  }),
  waitingPosts: setting('CHAT_WS_WAITING_POSTS', count(1_000_000), {
    default: 20_000,
    doc: 'posts that may wait for the database; more are answered `UNAVAILABLE`',
  }),
  waitingChars: setting('CHAT_WS_WAITING_CHARS', int({ min: 16 << 20, max: 2 ** 32 }), {
    default: 64 * 1024 * 1024,
    doc: 'characters of all posts that may wait for the database; more are answered `UNAVAILABLE`',
  }),
  batchPosts: setting('CHAT_WS_BATCH_POSTS', count(10_000), { default: 500, doc: 'posts in one transaction at most' }),
  statementMs: setting('CHAT_WS_STATEMENT_MS', int({ min: 100, max: 600_000 }), {
    default: 10_000,
    doc: 'PostgreSQL: longest that one statement of a batch of posts may take',
  }),
  settleMs: setting('CHAT_WS_SETTLE_MS', int({ min: 100, max: 600_000 }), {
    default: 30_000,
    doc: 'PostgreSQL: how long it is tried to find out what became of a batch whose commit was not answered',
  }),
  keepEntries: setting('CHAT_WS_KEEP_ENTRIES', count(1_000_000_000), {
    default: 100_000,
    doc: "messages kept in a room's log",
  }),
  keepMs: setting('CHAT_WS_KEEP_MS', millis(3_650 * dayMs), {
    default: 30 * dayMs,
    doc: "how long messages are kept in a room's log",
  }),
  keepEventsMs: setting('CHAT_WS_KEEP_EVENTS_MS', millis(365 * dayMs), {
    default: 7 * dayMs,
    doc: 'how long events are kept for those who follow the feed',
  }),
  keepKeysMs: setting('CHAT_WS_KEEP_KEYS_MS', millis(365 * dayMs), {
    default: dayMs,
    doc: 'how long the key of a post is remembered',
  }),
  retentionEveryMs: setting('CHAT_WS_RETENTION_EVERY_MS', int({ min: 10, max: dayMs }), {
    default: 60_000,
    doc: 'how often what is past its time is looked for',
  }),
  clusterCompareMs: setting('CHAT_WS_CLUSTER_COMPARE_MS', int({ min: 10, max: 600_000 }), {
    default: 2_000,
    doc: 'with `NATS_URL`: how often the rooms in use are compared with the database, so that nothing stays unknown that NATS has lost',
  }),
  clusterHoleMs: setting('CHAT_WS_CLUSTER_HOLE_MS', millis(10_000), {
    default: 50,
    doc: 'with `NATS_URL`: how long a message that is early waits for those before it; then they are read from the log',
  }),
  clusterBeatMs: setting('CHAT_WS_CLUSTER_BEAT_MS', int({ min: 10, max: 600_000 }), {
    default: 3_000,
    doc: 'with `NATS_URL`: how often a node says that it is there, and in which rooms it has users',
  }),
  clusterLeaseMs: setting('CHAT_WS_CLUSTER_LEASE_MS', int({ min: 20, max: 3_600_000 }), {
    default: 10_000,
    doc: 'with `NATS_URL`: a node that is silent for so long is gone, and who was in rooms by its way has left them; at least twice `CHAT_WS_CLUSTER_BEAT_MS`',
  }),
  drainPerSecond: setting('CHAT_WS_DRAIN_PER_SECOND', count(1_000_000), {
    default: 500,
    doc: 'clients, with those behind links, that are asked to come back in one second when the service stops',
  }),
  drainGraceMs: setting('CHAT_WS_DRAIN_GRACE_MS', millis(60_000), {
    default: 500,
    doc: 'how long connections stay that have been told to go: where other nodes take them in, after the last one was to go',
  }),
});

export type ChatWsSettings = SettingsOf<typeof chatWsSettings>;

/** What must hold between them. */
export function checkChatWsSettings(values: ChatWsSettings): string[] {
  return [...checkTlsSettings('CHAT_WS')(values), ...checkCluster(values)];
}

function checkCluster(values: ChatWsSettings): string[] {
  const { natsServers, ownDatabaseUrl, sharedDatabaseUrl, clusterBeatMs, clusterLeaseMs } = values;
  if (natsServers === undefined) return [];
  const problems: string[] = [];
  if (natsServers.length === 0) problems.push('NATS_URL: names no server');
  if (ownDatabaseUrl === undefined && sharedDatabaseUrl === undefined)
    problems.push('NATS_URL: is for several nodes on one PostgreSQL; set DATABASE_URL or CHAT_DATABASE_URL as well');
  if (clusterLeaseMs < 2 * clusterBeatMs)
    problems.push('CHAT_WS_CLUSTER_LEASE_MS: has to be at least twice CHAT_WS_CLUSTER_BEAT_MS');
  return problems;
}
