import type { AnyEvent } from '@parley/common/contracts/events/any-event';
import type { Kysely } from 'kysely';
import type { Lane, NewEvent, NewJob, Tables } from '../database/tables.ts';

/** One event for one endpoint. */
export type Delivery = { event: AnyEvent; endpointId: string };

export type EnqueueOptions = { now: number; lane: Lane; maxFailures: number };

/** Rows in one INSERT, well below the databases' limits on parameters. */
const CHUNK = 500;

/** Stores a job for each delivery, in this order, and the events; what is there already stays as it is. */
export async function enqueue(db: Kysely<Tables>, deliveries: Delivery[], options: EnqueueOptions): Promise<void> {
  const events = new Map(deliveries.map(({ event }) => [event.id, eventRow(event, options.now)]));
  for (const rows of chunks([...events.values()])) {
    await db
      .insertInto('events')
      .values(rows)
      .onConflict((conflict) => conflict.column('event_id').doNothing())
      .execute();
  }
  for (const rows of chunks(deliveries.map((delivery) => jobRow(delivery, options)))) {
    await db
      .insertInto('jobs')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['event_id', 'endpoint_id']).doNothing())
      .execute();
  }
}

/** The body is made once, here: every endpoint and every attempt sends and signs the same bytes. */
function eventRow({ id, type, at, data }: AnyEvent, now: number): NewEvent {
  return { event_id: id, type, at: Date.parse(at), body: JSON.stringify({ id, type, at, data }), created_at: now };
}

function jobRow({ event, endpointId }: Delivery, { now, lane, maxFailures }: EnqueueOptions): NewJob {
  const times = { due_at: now, lease_until: null, created_at: now, updated_at: now };
  return { endpoint_id: endpointId, event_id: event.id, state: 'pending', lane, max_failures: maxFailures, ...times };
}

function chunks<Row>(rows: Row[]): Row[][] {
  return Array.from({ length: Math.ceil(rows.length / CHUNK) }, (_, i) => rows.slice(i * CHUNK, (i + 1) * CHUNK));
}
