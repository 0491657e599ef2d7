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
} from '@parley/common/runtime/settings';

const count = (max: number) => int({ min: 1, max });

const dayMs = 86_400_000;

export const chatWsSettings = defineSettings({
  ...commonSettings,
  port: setting('CHAT_WS_PORT', port(), { default: 8081, doc: 'HTTP and WebSocket' }),
  ...databaseSettings('chat'),
  usersApiUrl: optionalSetting('USERS_API_URL', url('http:', 'https:'), {
    doc: 'where the keys that sign access tokens are',
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
    doc: 'who may create a room by joining it',
  }),
  rooms: setting('CHAT_WS_ROOMS', count(100_000_000), { default: 100_000, doc: 'rooms in all' }),
  roomsPerUser: setting('CHAT_WS_ROOMS_PER_USER', count(100_000_000), {
    default: 1_000,
    doc: 'rooms that one user may create',
  }),
  messageBytes: setting('CHAT_WS_MESSAGE_BYTES', bytes(16 << 20), {
    default: 64 * 1024,
    doc: 'longest message of a client; one of more than twice that closes the connection (1009)',
  }),
  posts: setting('CHAT_WS_POSTS', count(1_000_000_000), {
    default: 40,
    doc: 'posts per connection, and per user of the REST API, in any `CHAT_WS_POSTS_WINDOW_MS`',
  }),
  postsWindowMs: setting('CHAT_WS_POSTS_WINDOW_MS', millis(), { default: 2_000, doc: 'the window of `CHAT_WS_POSTS`' }),
  rateStrikes: setting('CHAT_WS_RATE_STRIKES', count(1_000_000_000), {
    default: 100,
    doc: 'refused posts within 10 s after which the connection is closed (4429)',
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
    doc: 'rooms with more users are told their number only, once a second',
  }),
  ticketMs: setting('CHAT_WS_TICKET_MS', millis(), {
    default: 3_600_000,
    doc: "how long a resume ticket is good for, unless the user's token ends before",
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
  drainPerSecond: setting('CHAT_WS_DRAIN_PER_SECOND', count(1_000_000), {
    default: 500,
    doc: 'clients that are asked to come back in one second when the service stops',
  }),
  drainGraceMs: setting('CHAT_WS_DRAIN_GRACE_MS', millis(60_000), {
    default: 500,
    doc: 'time between the last of them and the end of what is left',
  }),
});

export type ChatWsSettings = SettingsOf<typeof chatWsSettings>;
