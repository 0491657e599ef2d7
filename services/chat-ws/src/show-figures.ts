import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { Fanout } from '@parley/common/fanout/fanout';
import type { Chat } from './chat.ts';
import { ClientConnection } from './connections/client-connection.ts';
import type { Endpoint } from './connections/endpoint.ts';

/** Figures that are asked for when `/metrics` is read. */
export function showFigures(chat: Chat, { fanout, endpoint }: { fanout: Fanout<LogEntry>; endpoint: Endpoint }): void {
  const { registry } = chat.metrics;
  const { stats, budget } = fanout;
  const gauge = (name: string, help: string, collect: () => number) =>
    registry.gauge({ name: `parley_chat_${name}`, help, collect });
  const counter = (name: string, help: string, collect: () => number) =>
    registry.counter({ name: `parley_chat_${name}_total`, help, collect });

  gauge('connections', 'WebSockets of clients.', () => clientsOf(endpoint));
  gauge('links', 'Links of gateways.', () => endpoint.connections.size - clientsOf(endpoint));
  gauge('sessions', 'Clients, with those behind links.', () => chat.sessions.size);
  gauge('rooms', 'Rooms in use.', () => chat.rooms.size);
  gauge('pending_posts', 'Posts that are not committed yet.', () => chat.commits.pending);
  gauge('unsent_bytes', 'Memory for what clients and gateways have not taken yet.', () => unsentBytes(endpoint));
  gauge('tail_bytes', 'Memory for the latest messages.', () => budget.usedBytes);
  gauge('behind', 'Subscribers that are served from the log because they read slowly.', () => stats.behind);
  gauge('lag_max', 'Messages that the subscriber furthest behind has still to be given.', () => longestLag(chat));
  counter('deliveries', 'Messages written to subscribers.', () => stats.deliveries);
  counter('writes', 'Writes that deliveries took.', () => stats.writes);
  counter('fell_behind', 'Times that a subscriber fell behind.', () => stats.fellBehind);
  counter('gaps', 'Gaps told to subscribers, of messages that the log had trimmed.', () => stats.gaps);
  counter('log_reads', 'Reads of the log for subscribers that were behind.', () => stats.logReads);
}

function clientsOf({ connections }: Endpoint): number {
  let clients = 0;
  for (const connection of connections) if (connection instanceof ClientConnection) clients += 1;
  return clients;
}

function unsentBytes({ connections }: Endpoint): number {
  let unsent = 0;
  for (const connection of connections) {
    const pending = connection.pendingBytes();
    if (Number.isFinite(pending)) unsent += pending;
  }
  return unsent;
}

function longestLag({ rooms }: Chat): number {
  let longest = 0;
  for (const { feed } of rooms.values()) for (const lag of feed.lags()) longest = Math.max(longest, lag);
  return longest;
}
