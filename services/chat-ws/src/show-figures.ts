import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { Fanout } from '@parley/common/fanout/fanout';
import type { FeedFollower } from '@parley/net/feed-follower';
import type { Chat } from './chat.ts';
import type { Endpoint } from './connections/endpoint.ts';
import { LinkConnection } from './link/link-connection.ts';
import type { KnownUsers } from './users/known-users.ts';

type Shown = { fanout: Fanout<LogEntry>; endpoint: Endpoint; users: KnownUsers; usersFeed: FeedFollower };

/** Figures that are asked for when `/metrics` is read. */
export function showFigures(chat: Chat, { fanout, endpoint, users, usersFeed }: Shown): void {
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
  gauge('absent', 'Places in rooms of those whose connection was lost a moment ago.', () => chat.absences.size);
  gauge('waiting_seen', 'Marks of what users have seen that are not stored yet.', () => chat.seenMarks.waiting);
  gauge('unsent_bytes', 'Memory for what clients and gateways have not taken yet.', () => unsentBytes(endpoint));
  gauge('tail_bytes', 'Memory for the latest messages.', () => budget.usedBytes);
  gauge('behind', 'Subscribers that are served from the log because they read slowly.', () => stats.behind);
  gauge('lag_max', 'Messages that the subscriber furthest behind has still to be given.', () => longestLag(chat));
  gauge('revoked_users', 'Users who were deleted not long ago.', () => users.revoked);
  gauge('users_feed_lag_seconds', "How far this node is behind users-api's feed.", () => usersFeed.lagMs() / 1_000);
  const { cluster } = chat;
  if (cluster !== undefined) {
    gauge('nats_up', 'Whether NATS is there.', () => Number(cluster.isUp));
    gauge('other_nodes', 'Other nodes that have been heard of lately.', () => cluster.nodes);
    counter('entries_from_nodes', 'Messages that other nodes told of.', () => cluster.stats.fromNodes);
    counter('holes', 'Reads of the log for messages that no node had told of in time.', () => cluster.stats.holes);
    counter(
      'malformed_node_messages',
      'Messages of other nodes that could not be read.',
      () => cluster.stats.malformed,
    );
  }
  registry.histogram({
    name: 'parley_chat_subscriber_lag_entries',
    help: 'Messages that each subscriber has still to be given, now.',
    buckets: [0, 1, 10, 100, 1_000, 10_000, 100_000],
    collect: (observe) => {
      for (const { feed } of chat.rooms.values()) for (const lag of feed.lags()) observe(lag);
    },
  });
  counter('deliveries', 'Messages written to subscribers.', () => stats.deliveries);
  counter('writes', 'Writes that deliveries took.', () => stats.writes);
  counter('fell_behind', 'Times that a subscriber fell behind.', () => stats.fellBehind);
  counter('gaps', 'Gaps told to subscribers, of messages that the log had trimmed.', () => stats.gaps);
  counter('log_reads', 'Reads of the log for subscribers that were behind.', () => stats.logReads);
}

function clientsOf({ connections }: Endpoint): number {
  let clients = 0;
  for (const connection of connections) if (!(connection instanceof LinkConnection)) clients += 1;
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
