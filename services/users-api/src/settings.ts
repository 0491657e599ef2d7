import { commonSettings } from '@parley/common/runtime/common-settings';
import { databaseSettings } from '@parley/common/runtime/database-settings';
import {
  byMode,
  bytes,
  defineSettings,
  int,
  list,
  millis,
  optionalSetting,
  origin,
  port,
  type SettingsOf,
  setting,
  url,
  type ValueType,
} from '@parley/common/runtime/settings';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const MIN_SETUP_TOKEN = 16;

const setupToken: ValueType<string> = {
  name: 'text',
  parse(raw) {
    if (raw.length < MIN_SETUP_TOKEN) throw new Error(`is shorter than ${MIN_SETUP_TOKEN} characters`);
    return raw;
  },
};

/** Milliseconds of which too few would make no sense. */
const atLeast = (min: number, max: number): ValueType<number> => ({ ...int({ min, max }), name: 'ms' });

/** Tries in a window; a network of many people behind one address needs more. */
const tries = () => int({ min: 1, max: 1_000_000 });

const publicUrl = (env: string, service: string) =>
  optionalSetting(env, url('http:', 'https:'), {
    doc: `where browsers reach ${service}, told by \`/api/config\``,
    defaultDoc: "the request's own host with the service's port",
  });

export const settings = defineSettings({
  ...commonSettings,
  port: setting('USERS_API_PORT', port(), { default: 8080, doc: 'HTTP' }),
  ...databaseSettings('users'),
  setupToken: optionalSetting('PARLEY_SETUP_TOKEN', setupToken, {
    doc: `at least ${MIN_SETUP_TOKEN} characters; who registers with it as \`setupToken\`, while there is no admin, becomes the first`,
    secret: true,
  }),
  origins: setting('PARLEY_ORIGINS', list(origin()), {
    default: [] as string[],
    doc: 'origins of web pages that may call this service',
    defaultDoc: 'its own address',
  }),
  chatUrl: optionalSetting('CHAT_WS_URL', url('http:', 'https:'), {
    doc: 'fixed address of chat-ws',
    defaultDoc: 'found by discovery',
  }),
  workerUrl: optionalSetting('WORKER_URL', url('http:', 'https:'), {
    doc: 'fixed address of api-client-worker',
    defaultDoc: 'found by discovery',
  }),
  chatPublicUrl: publicUrl('CHAT_WS_PUBLIC_URL', 'chat-ws'),
  workerPublicUrl: publicUrl('WORKER_PUBLIC_URL', 'api-client-worker'),
  discoveryPublicUrl: publicUrl('DISCOVERY_PUBLIC_URL', 'udp-discovery'),
  maxUsers: setting('USERS_MAX', int({ min: 1, max: 1_000_000_000 }), { default: 100_000, doc: 'users at most' }),
  accessTokenMs: setting('USERS_ACCESS_TOKEN_MS', atLeast(1_000, DAY), {
    default: 15 * MINUTE,
    doc: 'life of an access token',
  }),
  sessionIdleMs: setting('USERS_SESSION_IDLE_MS', millis(400 * DAY), {
    default: 30 * DAY,
    doc: 'a session whose refresh token is not used for so long ends',
  }),
  sessionMaxMs: setting('USERS_SESSION_MAX_MS', millis(4_000 * DAY), {
    default: 365 * DAY,
    doc: 'a session ends so long after its login',
  }),
  refreshGraceMs: setting('USERS_REFRESH_GRACE_MS', millis(10 * MINUTE), {
    default: 30_000,
    doc: 'so long after a refresh the token before it gives the same answer once more, for a client that missed it',
  }),
  sessionsPerUser: setting('USERS_SESSIONS_PER_USER', int({ min: 1, max: 10_000 }), {
    default: 50,
    doc: 'sessions of one user; one more ends the one that was unused longest',
  }),
  keyRotateMs: setting('USERS_KEY_ROTATE_MS', millis(400 * DAY), {
    default: 30 * DAY,
    doc: 'how long a key signs tokens before the next takes over',
  }),
  keyLeadMs: setting('USERS_KEY_LEAD_MS', millis(DAY), {
    default: 10 * MINUTE,
    doc: 'how long a key is published before it signs',
  }),
  hashConcurrency: setting('USERS_HASH_CONCURRENCY', int({ min: 1, max: 64 }), {
    default: 3,
    doc: 'passwords hashed at the same time; each takes 19 MiB and one of `UV_THREADPOOL_SIZE` (4) threads',
  }),
  hashQueue: setting('USERS_HASH_QUEUE', int({ min: 0, max: 100_000 }), {
    default: 200,
    doc: 'passwords that may wait to be hashed; more are refused with 503',
  }),
  registersPerMinute: setting('USERS_REGISTERS_PER_MINUTE', tries(), {
    default: byMode(120, 10),
    doc: 'registrations from one address',
  }),
  loginsPerMinute: setting('USERS_LOGINS_PER_MINUTE', tries(), {
    default: byMode(120, 30),
    doc: 'logins from one address',
  }),
  loginFailures: setting('USERS_LOGIN_FAILURES', tries(), {
    default: 10,
    doc: 'wrong passwords for one account from one address in 15 minutes',
  }),
  accountFailures: setting('USERS_ACCOUNT_FAILURES', tries(), {
    default: 100,
    doc: 'wrong passwords for one account from all addresses in an hour',
  }),
  changesPerMinute: setting('USERS_CHANGES_PER_MINUTE', tries(), {
    default: byMode(600, 60),
    doc: 'changes of users, each an event of the feed, that one user asks for',
  }),
  limitedKeys: setting('USERS_LIMITED_KEYS', int({ min: 1, max: 10_000_000 }), {
    default: 100_000,
    doc: 'addresses or accounts that each of these limits counts at the same time; beyond them the first is forgotten',
  }),
  idempotencyMs: setting('USERS_IDEMPOTENCY_MS', millis(30 * DAY), {
    default: DAY,
    doc: 'how long the answer to an `Idempotency-Key` is remembered',
  }),
  feedRetentionMs: setting('USERS_FEED_RETENTION_MS', millis(4_000 * DAY), {
    default: 7 * DAY,
    doc: 'how long an event is kept for those who follow the feed',
  }),
  sweepMs: setting('USERS_SWEEP_MS', atLeast(10, HOUR), {
    default: MINUTE,
    doc: 'how often what has expired is looked for',
  }),
  maxBodyBytes: setting('USERS_MAX_BODY_BYTES', bytes(), { default: 1 << 20, doc: 'largest request body' }),
});

export type Settings = SettingsOf<typeof settings>;
