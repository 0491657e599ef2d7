import { commonSettings } from '@parley/common/runtime/common-settings';
import {
  byMode,
  bytes,
  defineSettings,
  int,
  millis,
  optionalSetting,
  port,
  type SettingsOf,
  setting,
  url,
} from '@parley/common/runtime/settings';
import { checkTlsSettings, tlsSettings } from '@parley/common/runtime/tls-settings';

const count = (max: number) => int({ min: 1, max });

/** A time that would be meaningless, or a busy loop, at 0. */
const someMillis = (max = 86_400_000) => ({ ...int({ min: 10, max }), name: 'ms, at least 10' });

export const gatewaySettings = defineSettings({
  ...commonSettings,
  port: setting('GATEWAY_PORT', port(), {
    default: 7000,
    doc: 'TCP: lines, frames and TLS, told apart by the first byte',
  }),
  echoPort: setting<number | undefined>('GATEWAY_ECHO_PORT', port(), {
    default: byMode<number | undefined>(7007, undefined),
    doc: 'TCP: sends every byte back; unset: off',
  }),
  httpPort: setting('GATEWAY_HTTP_PORT', port(), { default: 8084, doc: 'HTTP: health and metrics' }),
  ...tlsSettings('GATEWAY'),
  chatWsUrl: optionalSetting('CHAT_WS_URL', url('http:', 'https:'), {
    doc: 'where chat-ws is',
    defaultDoc: 'found by discovery, else `http://127.0.0.1:8081`',
  }),
  links: setting('GATEWAY_LINKS', count(64), { default: 2, doc: 'WebSockets to chat-ws that all clients share' }),

  greetAfterMs: setting('GATEWAY_GREET_AFTER_MS', millis(), {
    default: 1000,
    doc: 'a client that is silent for so long is greeted and speaks lines from then on; 0: never',
  }),
  loginMs: setting('GATEWAY_LOGIN_MS', someMillis(), {
    default: 60_000,
    doc: 'time to log in; later it is refused on lines, and frames are closed',
  }),
  keepAliveMs: setting('GATEWAY_KEEPALIVE_MS', millis(), {
    default: 30_000,
    doc: 'idle time before the first TCP keep-alive probe',
  }),
  heartbeatMs: setting('GATEWAY_HEARTBEAT_MS', someMillis(), {
    default: 25_000,
    doc: 'time between two pings, to clients that speak frames and on links',
  }),
  heartbeatTimeoutMs: setting('GATEWAY_HEARTBEAT_TIMEOUT_MS', someMillis(), {
    default: 10_000,
    doc: 'silence after a ping that ends the connection; who has much to read before it finds the ping is given more',
  }),
  stalledMs: setting('GATEWAY_STALLED_MS', someMillis(), {
    default: 300_000,
    doc: 'a client that takes nothing of what is waiting for it for so long is closed',
  }),
  halfClosedMs: setting('GATEWAY_HALF_CLOSED_MS', someMillis(), {
    default: 10_000,
    doc: 'how long a client that has ended its writing half is still answered, at most',
  }),
  closeMs: setting('GATEWAY_CLOSE_MS', someMillis(), {
    default: 2000,
    doc: 'time for a client to take the last bytes and close its side',
  }),

  maxConnections: setting('GATEWAY_MAX_CONNECTIONS', count(1_000_000), {
    default: 18_000,
    doc: "clients at once, echo included; never more than the process's file descriptors allow",
  }),
  maxConnectionsPerAddress: setting('GATEWAY_MAX_CONNECTIONS_PER_IP', count(1_000_000), {
    default: 200,
    doc: 'clients at once from one IPv4 address or one IPv6 network (/64)',
  }),
  maxLineBytes: setting('GATEWAY_MAX_LINE_BYTES', bytes(1 << 22), { default: 8 * 1024, doc: 'longest line' }),
  maxFrameBytes: setting('GATEWAY_MAX_FRAME_BYTES', bytes(1 << 22), { default: 64 * 1024, doc: 'longest frame' }),
  maxUnsentBytes: setting('GATEWAY_MAX_UNSENT_BYTES', bytes(), {
    default: 256 * 1024,
    doc: 'bytes unsent to one client, or of its posts without an answer, above which it is not read from; and unsent ones above which it is served from the log',
  }),
  maxUnanswered: setting('GATEWAY_MAX_UNANSWERED', count(4000), {
    default: 256,
    doc: 'posts of one client that may wait for their answers; then it is not read from',
  }),
  maxBadMessages: setting('GATEWAY_MAX_BAD_MESSAGES', count(1_000_000), {
    default: 20,
    doc: 'bad messages of one client within a minute after which it is closed',
  }),
  tailBytes: setting('GATEWAY_TAIL_BYTES', bytes(), {
    default: 64 * 1024 * 1024,
    doc: 'memory for the latest messages of all rooms',
  }),

  waitMs: setting('GATEWAY_WAIT_MS', someMillis(), {
    default: 5000,
    doc: 'how long a command waits for a link to chat-ws before it is answered `UNAVAILABLE`',
  }),
  maxWaiting: setting('GATEWAY_MAX_WAITING', count(1_000_000), {
    default: 10_000,
    doc: 'commands of all clients that may wait so; more are answered at once',
  }),
  answerMs: setting('GATEWAY_ANSWER_MS', someMillis(), {
    default: 30_000,
    doc: 'how long chat-ws may take to answer a command before it is answered `UNAVAILABLE`',
  }),
  linkConnectMs: setting('GATEWAY_LINK_CONNECT_MS', someMillis(), {
    default: 5000,
    doc: 'time to open a link',
  }),
  linkRetryMs: setting('GATEWAY_LINK_RETRY_MS', someMillis(), {
    default: 200,
    doc: 'time before a lost link is opened again; doubled with each failure',
  }),
  linkRetryMaxMs: setting('GATEWAY_LINK_RETRY_MAX_MS', someMillis(), {
    default: 3000,
    doc: 'where that doubling ends',
  }),
  linkMessageBytes: setting('GATEWAY_LINK_MESSAGE_BYTES', bytes(), {
    default: 64 * 1024 * 1024,
    doc: 'longest message from chat-ws',
  }),
  linkUnsentBytes: setting('GATEWAY_LINK_UNSENT_BYTES', bytes(), {
    default: 8 * 1024 * 1024,
    doc: 'unsent bytes of a link above which its clients are not read from',
  }),
  attachAtOnce: setting('GATEWAY_ATTACH_AT_ONCE', count(100_000), {
    default: 200,
    doc: 'clients that log in again at once after a link was lost',
  }),
  drainPerSecond: setting('GATEWAY_DRAIN_PER_SECOND', count(1_000_000), {
    default: 500,
    doc: 'clients that are asked to come back in one second when the service stops',
  }),
});

export type GatewaySettings = SettingsOf<typeof gatewaySettings>;

/** What must hold between the gateway's settings. */
export const checkGatewaySettings = checkTlsSettings('GATEWAY');
