import { createMetrics, type Metrics, type Tally } from '@parley/common/runtime/metrics';

/** What is counted as it happens; the rest is asked for when figures are read (`show-figures.ts`). */
export type ChatMetrics = {
  registry: Metrics;
  posts: Tally;
  refusedConnections: { inc(labels: { reason: string }): void };
  limited: { inc(labels: { limit: string }): void };
  closed: { inc(labels: { code: string }): void };
  usersFeedLosses: { inc(): void };
  usersFeedErrors: { inc(): void };
  malformedUserEvents: { inc(events: number): void };
};

export function createChatMetrics(name: string): ChatMetrics {
  const registry = createMetrics(name);
  return {
    registry,
    posts: registry.tally({
      name: 'parley_chat_posts_total',
      help: 'Posts, by what became of them.',
      label: 'result',
    }),
    refusedConnections: registry.counter({
      name: 'parley_chat_refused_connections_total',
      help: 'Connections that were not let in, by reason.',
      labels: ['reason'],
    }),
    limited: registry.counter({
      name: 'parley_chat_limited_total',
      help: 'Times that a limit was met, by which one.',
      labels: ['limit'],
    }),
    closed: registry.counter({
      name: 'parley_chat_closed_sessions_total',
      help: 'Sessions, and connections, that the server ended, by close code.',
      labels: ['code'],
    }),
    usersFeedLosses: registry.counter({
      name: 'parley_chat_users_feed_losses_total',
      help: "How often users-api's feed no longer kept the events after the cursor.",
    }),
    usersFeedErrors: registry.counter({
      name: 'parley_chat_users_feed_errors_total',
      help: "Failures to follow users-api's feed.",
    }),
    malformedUserEvents: registry.counter({
      name: 'parley_chat_malformed_user_events_total',
      help: 'Events of users-api that could not be read and were passed over.',
    }),
  };
}
