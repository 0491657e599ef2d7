import { commonSettings } from '@parley/common/runtime/common-settings';
import {
  byMode,
  bytes,
  defineSettings,
  int,
  millis,
  port,
  type SettingsOf,
  setting,
} from '@parley/common/runtime/settings';

export const settings = defineSettings({
  ...commonSettings,
  port: setting('DISCOVERY_PORT', port(), { default: 8400, doc: 'UDP: announcements and look-ups by datagram' }),
  dnsPort: setting('DISCOVERY_DNS_PORT', port(), { default: 8600, doc: 'UDP and TCP: DNS for `parley.`' }),
  echoPort: setting<number | undefined>('DISCOVERY_ECHO_PORT', port(), {
    default: byMode<number | undefined>(8407, undefined),
    doc: 'UDP: sends every datagram back; unset: off',
  }),
  httpPort: setting('DISCOVERY_HTTP_PORT', port(), { default: 8083, doc: 'HTTP: catalogue, health, metrics' }),
  leaseMs: setting('DISCOVERY_LEASE_MS', int({ min: 100, max: 86_400_000 }), {
    default: 15_000,
    doc: 'ms for which an instance is listed after its last renewal; a lease holds three renewals',
  }),
  leaseMinMs: setting('DISCOVERY_LEASE_MIN_MS', int({ min: 100, max: 86_400_000 }), {
    default: 1000,
    doc: 'shortest lease that an instance may wish for',
  }),
  leaseMaxMs: setting('DISCOVERY_LEASE_MAX_MS', int({ min: 100, max: 86_400_000 }), {
    default: 300_000,
    doc: 'longest lease that an instance may wish for',
  }),
  clockToleranceMs: setting('DISCOVERY_CLOCK_TOLERANCE_MS', millis(), {
    default: 300_000,
    doc: 'how far the clock of an announcing machine may be from ours, so that recorded datagrams are worthless later; 0: not compared',
  }),
  maxInstances: setting('DISCOVERY_MAX_INSTANCES', int({ min: 1, max: 1_000_000 }), {
    default: 10_000,
    doc: 'instances in all services together',
  }),
  maxAnswers: setting('DISCOVERY_MAX_ANSWERS', int({ min: 1, max: 1_000_000 }), {
    default: 10_000,
    doc: 'answers kept for repeated requests',
  }),
  maxQueuedBytes: setting('DISCOVERY_MAX_QUEUED_BYTES', bytes(), {
    default: 4 << 20,
    doc: 'of datagrams that wait on one port, with 256 more for each; what comes above is dropped and counted',
  }),
  dnsTtlS: setting('DISCOVERY_DNS_TTL_S', int({ min: 0, max: 86_400 }), {
    default: 5,
    doc: 'seconds for which resolvers keep an answer',
  }),
  dnsMaxConnections: setting('DISCOVERY_DNS_MAX_CONNECTIONS', int({ min: 1, max: 10_000 }), {
    default: 100,
    doc: 'DNS connections at once',
  }),
  dnsMaxConnectionsPerIp: setting('DISCOVERY_DNS_MAX_CONNECTIONS_PER_IP', int({ min: 1, max: 10_000 }), {
    default: 20,
    doc: 'of these from one IPv4 address or one IPv6 network (/64)',
  }),
  dnsIdleMs: setting('DISCOVERY_DNS_IDLE_MS', millis(), {
    default: 10_000,
    doc: 'a DNS connection without a complete query for so long is closed',
  }),
  dnsMaxQueryBytes: setting('DISCOVERY_DNS_MAX_QUERY_BYTES', bytes(65_535), {
    default: 4096,
    doc: 'longest query; a longer one is ignored, over TCP it ends the connection',
  }),
  // The default, and the size of a network, are those of NSD (rrl-ratelimit).
  dnsResponsesPerSecond: setting('DISCOVERY_DNS_RESPONSES_PER_SECOND', int({ min: 1, max: 1_000_000 }), {
    default: 200,
    doc: 'responses longer than their query that one network (IPv4 /24, IPv6 /64) is sent over UDP, so that no forged sender is flooded; who asks more is told to come over TCP',
  }),
  dnsMaxNetworks: setting('DISCOVERY_DNS_MAX_NETWORKS', int({ min: 1, max: 1_000_000 }), {
    default: 10_000,
    doc: 'networks counted for that at once; then the one longest unheard of is forgotten',
  }),
});

export type Settings = SettingsOf<typeof settings>;
