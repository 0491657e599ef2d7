import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { Fanout } from '@parley/common/fanout/fanout';
import { createMetrics, type Metrics } from '@parley/common/runtime/metrics';

type Count = { inc(by?: number): void };

/** What is counted as it happens; the rest is asked for when figures are read (`service.ts`). */
export type GatewayMetrics = {
  registry: Metrics;
  accepted: Count;
  refused: { inc(labels: { reason: string }): void };
  /** What clients sent, by what it came to. */
  answered: Count;
  posts: Count;
  questions: Count;
  badMessages: Count;
  failedConnections: Count;
  /** Sessions that went over to another link, and what they had to repeat there. */
  resumed: Count;
  repeated: Count;
};

export function createGatewayMetrics(service: string): GatewayMetrics {
  const registry = createMetrics(service);
  const count = (name: string, help: string) => registry.counter({ name: `parley_gateway_${name}_total`, help });
  return {
    registry,
    accepted: count('accepted_connections', 'Connections that were let in.'),
    refused: registry.counter({
      name: 'parley_gateway_refused_connections_total',
      help: 'Connections that were not let in, by reason.',
      labels: ['reason'],
    }),
    answered: count('local_answers', 'Commands that were answered without chat-ws.'),
    posts: count('posts', 'Posts passed on to chat-ws.'),
    questions: count('questions', 'Other commands passed on to chat-ws.'),
    badMessages: count('bad_messages', 'Lines and frames that were no good.'),
    failedConnections: count('failed_connections', 'Connections that ended by an error.'),
    resumed: count('resumed_sessions', 'Sessions that went over to another link.'),
    repeated: count('repeated_requests', 'Requests repeated on another link.'),
  };
}

export type Watched = {
  fanout: Fanout<LogEntry>;
  links: { readonly up: number };
  clients: ReadonlySet<{ pendingBytes(): number }>;
  waiting: { readonly count: number };
};

/** Figures that are asked for when they are read. */
export function watchGateway({ registry }: GatewayMetrics, { fanout, links, clients, waiting }: Watched): void {
  const gauge = (name: string, help: string, collect: () => number) =>
    registry.gauge({ name: `parley_gateway_${name}`, help, collect });
  const { stats } = fanout;
  gauge('clients', 'Clients that are connected.', () => clients.size);
  gauge('unsent_bytes', 'What all clients have not taken yet.', () => unsentBytes(clients));
  gauge('links_up', 'Links to chat-ws.', () => links.up);
  gauge('waiting_requests', 'Commands that wait for a link.', () => waiting.count);
  gauge('tail_bytes', 'Memory held by the latest messages.', () => fanout.budget.usedBytes);
  gauge('deliveries', 'Messages written to clients since the start.', () => stats.deliveries);
  gauge('clients_behind', 'Places in rooms that are behind.', () => stats.behind);
  gauge('fell_behind', 'How often a client fell behind since the start.', () => stats.fellBehind);
  gauge('gaps', 'Gaps told since the start.', () => stats.gaps);
  gauge('log_reads', 'Stretches of logs read over links since the start.', () => stats.logReads);
}

function unsentBytes(clients: Watched['clients']): number {
  let bytes = 0;
  for (const client of clients) bytes += client.pendingBytes();
  return bytes;
}
