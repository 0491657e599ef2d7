import type { Database } from '@parley/common/runtime/database';
import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely';
import type { EndpointRow, Lane, Tables } from '../database/tables.ts';

/** A job that is ours until the lane's lease ends. `claim` is the number that completes it. */
export type ClaimedJob = {
  id: number;
  claim: number;
  failures: number;
  maxFailures: number;
  createdAt: number;
  event: { id: string; at: number; body: string };
};

/**
 * Jobs of one endpoint that one worker has claimed together. An endpoint has two lanes, each claimed by one worker at a
 * time: `ordered` (events that were never attempted, in their order) and `free` (all else, whenever it is due).
 */
export type ClaimedLane = { endpoint: EndpointRow; lane: Lane; leaseUntil: number; jobs: ClaimedJob[] };

export type ClaimOptions = { now: number; leaseUntil: number; maxEndpoints: number; batchSize: number };

type Store = Pick<Database<Tables>, 'db' | 'kind'>;

const LANES: Lane[] = ['ordered', 'free'];

/**
 * Claims what can be attempted now, of the endpoints that have waited longest. SQLite has one writer. On PostgreSQL the
 * endpoint's row is locked first, skipping those another worker is just claiming from, so that two workers cannot take
 * the two halves of one order; who comes later sees that the lane is running.
 */
export function claimLanes({ db, kind }: Store, options: ClaimOptions): Promise<ClaimedLane[]> {
  return db.transaction().execute(async (trx) => {
    const endpoints = await trx
      .selectFrom('endpoints')
      .selectAll()
      .where('enabled', '=', 1)
      .where('hold_until', '<=', options.now)
      .where((eb) => eb.or(LANES.map((lane) => hasWork(eb, lane, options.now))))
      .orderBy('claimed_at')
      .orderBy('id')
      .limit(options.maxEndpoints)
      .$if(kind === 'postgres', (query) => query.forNoKeyUpdate().skipLocked())
      .execute();
    const lanes: ClaimedLane[] = [];
    for (const endpoint of endpoints) {
      for (const lane of LANES) {
        const jobs = await claimJobs({ db: trx, kind }, endpoint.id, lane, options);
        if (jobs.length > 0) lanes.push({ endpoint, lane, leaseUntil: options.leaseUntil, jobs });
      }
    }
    const claimed = [...new Set(lanes.map(({ endpoint }) => endpoint.id))];
    if (claimed.length > 0) {
      await trx.updateTable('endpoints').set({ claimed_at: options.now }).where('id', 'in', claimed).execute();
    }
    return lanes;
  });
}

/** Lanes and states are written into the statement, not bound: only so can the partial indexes be used. */
const of = (lane: Lane) => sql<SqlBool>`jobs.lane = ${sql.lit(lane)}`;

function hasWork(eb: ExpressionBuilder<Tables, 'endpoints'>, lane: Lane, now: number): Expression<SqlBool> {
  const jobs = eb
    .selectFrom('jobs')
    .select('jobs.id')
    .whereRef('jobs.endpoint_id', '=', 'endpoints.id')
    .where(of(lane));
  const waiting = jobs.where('jobs.state', '=', 'pending');
  const running = jobs.where('jobs.state', '=', 'running');
  return eb.and([
    eb.exists(lane === 'ordered' ? waiting : waiting.where('jobs.due_at', '<=', now)),
    eb.not(eb.exists(running)),
  ]);
}

async function claimJobs(
  { db, kind }: Store,
  endpointId: string,
  lane: Lane,
  options: ClaimOptions,
): Promise<ClaimedJob[]> {
  const { now, leaseUntil, batchSize } = options;
  const rows = await db
    // Materialised, or PostgreSQL may run it more than once and lock more rows than the limit.
    .with(
      (cte) => cte('due').materialized(),
      (query) =>
        query
          .selectFrom('jobs')
          .select('jobs.id')
          .where('jobs.endpoint_id', '=', endpointId)
          .where('jobs.state', '=', 'pending')
          .where(of(lane))
          .where(({ not, exists }) => not(exists(running(db, endpointId, lane))))
          .$if(lane === 'free', (free) => free.where('jobs.due_at', '<=', now).orderBy('jobs.due_at'))
          .orderBy('jobs.id')
          .limit(batchSize)
          .$if(kind === 'postgres', (locking) => locking.forUpdate().skipLocked()),
    )
    .updateTable('jobs')
    .set((eb) => ({ state: 'running', claim: eb('claim', '+', 1), lease_until: leaseUntil }))
    .where('id', 'in', (eb) => eb.selectFrom('due').select('due.id'))
    .returning(['id', 'claim', 'failures', 'max_failures', 'created_at', 'event_id'])
    .execute();
  if (rows.length === 0) return [];
  const events = await db
    .selectFrom('events')
    .select(['event_id', 'at', 'body'])
    .where(
      'event_id',
      'in',
      rows.map((row) => row.event_id),
    )
    .execute();
  const byId = new Map(events.map(({ event_id: id, at, body }) => [id, { id, at, body }]));
  // RETURNING promises no order.
  return rows
    .toSorted((a, b) => a.id - b.id)
    .flatMap(({ id, claim, failures, max_failures: maxFailures, created_at: createdAt, event_id }) => {
      const event = byId.get(event_id);
      return event ? [{ id, claim, failures, maxFailures, createdAt, event }] : [];
    });
}

function running(db: Kysely<Tables>, endpointId: string, lane: Lane) {
  return db
    .selectFrom('jobs')
    .select('jobs.id')
    .where('jobs.endpoint_id', '=', endpointId)
    .where('jobs.state', '=', 'running')
    .where(of(lane));
}
