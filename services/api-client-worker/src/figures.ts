import type { Metrics } from '@parley/common/runtime/metrics';
import type { Counter, Gauge, Histogram } from 'prom-client';

/** What the worker counts, for `/metrics`. */
export type Figures = {
  events: Counter<'source'>;
  malformedEvents: Counter<'source'>;
  feedLosses: Counter<'source'>;
  feedErrors: Counter<'source'>;
  feedLag: Gauge<'source'>;
  jobs: Gauge<'state'>;
  attempts: Counter<'outcome'>;
  lateResults: Counter;
  expiredLeases: Counter;
  attemptSeconds: Histogram;
  deliverySeconds: Histogram;
};

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30];
const LONG_SECONDS = [...SECONDS, 60, 600, 3_600, 21_600, 86_400];

export function createFigures(metrics: Metrics): Figures {
  return {
    events: metrics.counter({
      name: 'parley_worker_events_total',
      help: 'Events read from a feed',
      labels: ['source'],
    }),
    malformedEvents: metrics.counter({
      name: 'parley_worker_malformed_events_total',
      help: 'Events of a feed that could not be read and were passed over',
      labels: ['source'],
    }),
    feedLosses: metrics.counter({
      name: 'parley_worker_feed_losses_total',
      help: 'How often a feed no longer kept the events after the cursor',
      labels: ['source'],
    }),
    feedErrors: metrics.counter({
      name: 'parley_worker_feed_errors_total',
      help: 'Failed requests to a feed',
      labels: ['source'],
    }),
    feedLag: metrics.gauge({
      name: 'parley_worker_feed_lag_seconds',
      help: 'How far the worker is behind a feed: 0 while it waits for the next event',
      labels: ['source'],
    }),
    jobs: metrics.gauge({ name: 'parley_worker_jobs', help: 'Jobs in the queue by state', labels: ['state'] }),
    attempts: metrics.counter({
      name: 'parley_worker_attempts_total',
      help: 'Delivery attempts by outcome',
      labels: ['outcome'],
    }),
    lateResults: metrics.counter({
      name: 'parley_worker_late_results_total',
      help: 'Results that no longer counted because the job was given to another worker',
    }),
    expiredLeases: metrics.counter({
      name: 'parley_worker_expired_leases_total',
      help: 'Jobs taken back from a worker that did not finish them in time',
    }),
    attemptSeconds: metrics.histogram({
      name: 'parley_worker_attempt_seconds',
      help: 'Duration of one delivery attempt',
      buckets: SECONDS,
    }),
    deliverySeconds: metrics.histogram({
      name: 'parley_worker_delivery_seconds',
      help: 'From the event to its successful delivery',
      buckets: LONG_SECONDS,
    }),
  };
}
