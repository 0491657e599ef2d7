import { createMetrics } from '@parley/common/runtime/metrics';
import type { UdpSocket } from '@parley/net/udp-socket';
import type { Registry } from './registry.ts';

/** The service's figures. Add each socket to `sockets` when it is open. Labels come from closed sets, never from what somebody sent. */
export function createDiscoveryMetrics(service: string, registry: Registry) {
  const metrics = createMetrics(service);
  metrics.gauge({
    name: 'parley_discovery_instances',
    help: 'Instances registered.',
    collect: () => registry.size,
  });
  const sockets: UdpSocket[] = [];
  metrics.counter({
    name: 'parley_discovery_datagrams_dropped_total',
    help: 'Datagrams lost because too many waited already.',
    collect: () => sockets.reduce((sum, { dropped }) => sum + dropped, 0),
  });
  const requests = metrics.counter({
    name: 'parley_discovery_requests_total',
    help: 'Native datagrams by type and outcome.',
    labels: ['type', 'outcome'],
  });
  const queries = metrics.counter({
    name: 'parley_discovery_dns_queries_total',
    help: 'DNS messages by transport.',
    labels: ['transport'],
  });
  const limited = metrics.counter({
    name: 'parley_discovery_dns_limited_total',
    help: 'DNS queries over UDP that were told to come over TCP, as their network had asked too much.',
  });
  return { metrics, sockets, requests, queries, limited };
}
