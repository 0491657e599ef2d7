import { createMetrics, type Metrics } from '@parley/common/runtime/metrics';

/** What is counted as it happens; the rest is asked for when figures are read (`service.ts`). */
export type ChatMetrics = {
  registry: Metrics;
  posts: { inc(labels: { result: string }): void };
  refusedConnections: { inc(labels: { reason: string }): void };
  closed: { inc(labels: { code: string }): void };
};

export function createChatMetrics(name: string): ChatMetrics {
  const registry = createMetrics(name);
  return {
    registry,
    posts: registry.counter({
      name: 'parley_chat_posts_total',
      help: 'Posts, by what became of them.',
      labels: ['result'],
    }),
    refusedConnections: registry.counter({
      name: 'parley_chat_refused_connections_total',
      help: 'Connections that were not let in, by reason.',
      labels: ['reason'],
    }),
    closed: registry.counter({
      name: 'parley_chat_closed_sessions_total',
      help: 'Sessions that the server ended, by close code.',
      labels: ['code'],
    }),
  };
}
