import { commonSettings } from '@parley/common/runtime/common-settings';
import { databaseSettings } from '@parley/common/runtime/database-settings';
import {
  byMode,
  bytes,
  cidr,
  defineSettings,
  int,
  list,
  millis,
  optionalSetting,
  port,
  type SettingsOf,
  setting,
  url,
} from '@parley/common/runtime/settings';
import { retrySchedule } from './delivery/retry-schedule.ts';

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

/** The same variables that the other services listen by: on one machine the environment is shared. */
const neverTarget =
  'a port of Parley itself: outbound requests never reach it on this machine or an address that is not public';

/** Ports that outbound requests must not reach at home, whatever WORKER_ALLOW_NETS says. */
export const parleyPorts = defineSettings({
  usersApiPort: setting('USERS_API_PORT', port(), { default: 8080, doc: neverTarget }),
  chatWsPort: setting('CHAT_WS_PORT', port(), { default: 8081, doc: neverTarget }),
  discoveryPort: setting('DISCOVERY_PORT', port(), { default: 8400, doc: neverTarget }),
  discoveryDnsPort: setting('DISCOVERY_DNS_PORT', port(), { default: 8600, doc: neverTarget }),
  discoveryEchoPort: setting('DISCOVERY_ECHO_PORT', port(), { default: 8407, doc: neverTarget }),
  discoveryHttpPort: setting('DISCOVERY_HTTP_PORT', port(), { default: 8083, doc: neverTarget }),
  gatewayPort: setting('GATEWAY_PORT', port(), { default: 7000, doc: neverTarget }),
  gatewayEchoPort: setting('GATEWAY_ECHO_PORT', port(), { default: 7007, doc: neverTarget }),
  gatewayHttpPort: setting('GATEWAY_HTTP_PORT', port(), { default: 8084, doc: neverTarget }),
});

const feedSettings = defineSettings({
  usersApiUrl: optionalSetting('USERS_API_URL', url('http:', 'https:'), {
    doc: 'fixed address of users-api',
    defaultDoc: 'found by discovery, else the default port on this host',
  }),
  chatWsUrl: optionalSetting('CHAT_WS_URL', url('http:', 'https:'), {
    doc: 'fixed address of chat-ws',
    defaultDoc: 'found by discovery, else the default port on this host',
  }),
  feedLimit: setting('WORKER_FEED_LIMIT', int({ min: 1, max: 1_000 }), {
    default: 500,
    doc: 'events asked for at once',
  }),
  feedWaitMs: setting('WORKER_FEED_WAIT_MS', millis(60_000), {
    default: 20_000,
    doc: 'how long a feed may hold its answer back until there is an event',
  }),
  feedTimeoutMs: setting('WORKER_FEED_TIMEOUT_MS', int({ min: 1, max: 600_000 }), {
    default: 10_000,
    doc: 'ms for a request to a feed, beyond that wait',
  }),
  feedBackoffMs: setting('WORKER_FEED_BACKOFF_MS', millis(), {
    default: 1_000,
    doc: 'longest pause between two requests to a feed that is away',
  }),
});

const deliverySettings = defineSettings({
  allowNets: setting('WORKER_ALLOW_NETS', list(cidr()), {
    default: byMode(['127.0.0.0/8', '::1'] as string[], [] as string[]),
    doc: "address ranges that are not public and that outbound requests may reach all the same; Parley's own ports never",
  }),
  deliveryTimeoutMs: setting('WORKER_TIMEOUT_MS', int({ min: 1, max: 600_000 }), {
    default: 15_000,
    doc: 'ms for a delivery as a whole, from the name look-up to the end of the answer',
  }),
  connectTimeoutMs: setting('WORKER_CONNECT_TIMEOUT_MS', int({ min: 1, max: 600_000 }), {
    default: 5_000,
    doc: "ms for the look-up of an endpoint's name, and as many for connecting to it",
  }),
  idleSocketMs: setting('WORKER_IDLE_SOCKET_MS', int({ min: 1, max: 600_000 }), {
    default: 4_000,
    doc: 'ms that an unused connection is kept; below what servers keep theirs, so that none is used as it ends',
  }),
  maxIdleSockets: setting('WORKER_MAX_IDLE_SOCKETS', int({ min: 0, max: 1_000 }), {
    default: 4,
    doc: 'unused connections kept for each host',
  }),
  maxResponseBytes: setting('WORKER_MAX_RESPONSE_BYTES', bytes(), {
    default: 65_536,
    doc: "of an endpoint's answer that are read; then the connection is closed",
  }),
  maxSnippetBytes: setting('WORKER_MAX_SNIPPET_BYTES', bytes(65_536), {
    default: 1_024,
    doc: "of an endpoint's answer that are kept with the attempt",
  }),
  retrySchedule: setting('WORKER_RETRY_SCHEDULE', retrySchedule(), {
    default: [0, 5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000],
    defaultDoc: '`0,5s,5m,30m,2h,5h,10h,14h,20h,24h`',
    doc: 'wait before each attempt, in `ms`, `s`, `m`, `h` or `d`, ±20 % from the second on; after the last the job is dead',
  }),
  retryAfterMaxMs: setting('WORKER_RETRY_AFTER_MAX_MS', millis(7 * DAY_MS), {
    default: 3_600_000,
    defaultDoc: '1 hour',
    doc: 'longest `Retry-After` that is obeyed; a longer one counts as this',
  }),
  secretOverlapMs: setting('WORKER_SECRET_OVERLAP_MS', millis(30 * DAY_MS), {
    default: DAY_MS,
    defaultDoc: '1 day',
    doc: 'how long deliveries carry a signature by the old secret, too, after a rotation',
  }),
});

const queueSettings = defineSettings({
  concurrency: setting('WORKER_CONCURRENCY', int({ min: 1, max: 5_000 }), {
    default: 64,
    doc: 'deliveries under way at once',
  }),
  endpointConcurrency: setting('WORKER_ENDPOINT_CONCURRENCY', int({ min: 2, max: 100 }), {
    default: 4,
    doc: 'of these to one endpoint: one that is first attempted, in order, the others retries',
  }),
  batchSize: setting('WORKER_BATCH', int({ min: 1, max: 500 }), {
    default: 20,
    doc: 'jobs of one endpoint that are claimed at once',
  }),
  leaseMarginMs: setting('WORKER_LEASE_MARGIN_MS', int({ min: 10, max: 3_600_000 }), {
    default: 15_000,
    doc: "ms that a claim lasts beyond the delivery's time-out; then another worker takes the job",
  }),
  pollMs: setting('WORKER_POLL_MS', int({ min: 5, max: 60_000 }), {
    default: 500,
    doc: 'ms between two looks for jobs that have become due',
  }),
  maxWebhooks: setting('WORKER_MAX_WEBHOOKS', int({ min: 0, max: 1_000_000 }), {
    default: 1_000,
    doc: 'endpoints in total',
  }),
  keepDoneMs: setting('WORKER_KEEP_DONE_MS', millis(YEAR_MS), {
    default: 7 * DAY_MS,
    defaultDoc: '7 days',
    doc: 'how long a delivered job is kept, with its event',
  }),
  keepDeadMs: setting('WORKER_KEEP_DEAD_MS', millis(YEAR_MS), {
    default: 30 * DAY_MS,
    defaultDoc: '30 days',
    doc: 'how long a dead letter is kept, and an undelivered job of a disabled endpoint',
  }),
});

export const settings = defineSettings({
  ...commonSettings,
  port: setting('WORKER_PORT', port(), { default: 8082, doc: 'HTTP port: REST, health, metrics' }),
  ...databaseSettings('worker'),
  ...feedSettings,
  ...deliverySettings,
  ...queueSettings,
  ...parleyPorts,
});

export type Settings = SettingsOf<typeof settings>;
