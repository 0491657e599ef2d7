import type { AnyEvent } from '@parley/common/contracts/events/any-event';
import type { Job, JobList, JobState, JobsQuery, JobWithAttempts } from '@parley/common/contracts/job';
import type { Database } from '@parley/common/runtime/database';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Kysely } from 'kysely';
import type { Tables } from '../database/tables.ts';
import { enqueue } from '../queue/enqueue.ts';
import { attemptOf, jobOf } from './job-row.ts';

export type JobStoreOptions = {
  database: Pick<Database<Tables>, 'db' | 'kind'>;
  /** A job retried by hand gets so many attempts again. */
  maxFailures: number;
  /** Called after a commit that made a job due. */
  onJobs(): void;
};

const openStates = ['pending', 'running', 'dead'] as const satisfies JobState[];
type OpenState = (typeof openStates)[number];

export type JobStore = {
  /** Newest first. */
  list(query: JobsQuery): Promise<JobList>;
  /** @throws ParleyError NOT_FOUND */
  get(id: string): Promise<JobWithAttempts>;
  /** Attempts a dead letter again, now, and then by the schedule from its start. @throws ParleyError NOT_FOUND, CONFLICT */
  retry(id: string, now: number): Promise<Job>;
  /** Queues one delivery of a new event out of the usual order, attempted once. @throws ParleyError NOT_FOUND */
  queueOne(endpointId: string, event: AnyEvent, now: number): Promise<Job>;
  /** The jobs that are not done, by state. */
  countOpen(): Promise<Record<OpenState, number>>;
};

export function createJobStore({ database: { db, kind }, maxFailures, onJobs }: JobStoreOptions): JobStore {
  return {
    async list({ state, webhook, after, limit }) {
      const rows = await withEvents(db)
        .where((eb) =>
          eb.and([
            ...(state !== undefined ? [eb('jobs.state', '=', state)] : []),
            ...(webhook !== undefined ? [eb('jobs.endpoint_id', '=', webhook)] : []),
            ...(after !== undefined ? [eb('jobs.id', '<', Number(after))] : []),
          ]),
        )
        .orderBy('jobs.id', 'desc')
        .limit(limit + 1)
        .execute();
      const items = rows.slice(0, limit).map(jobOf);
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    async get(id) {
      const job = await jobById(db, Number(id));
      const attempts = await db
        .selectFrom('attempts')
        .selectAll()
        .where('job_id', '=', Number(id))
        .orderBy('number')
        .execute();
      return { ...job, attempts: attempts.map(attemptOf) };
    },

    async retry(id, now) {
      const job = await db.transaction().execute(async (trx) => {
        const retried = await trx
          .updateTable('jobs')
          .set({ state: 'pending', due_at: now, failures: 0, max_failures: maxFailures, updated_at: now })
          .where('id', '=', Number(id))
          .where('state', '=', 'dead')
          .executeTakeFirst();
        const current = await jobById(trx, Number(id));
        if (retried.numUpdatedRows === 0n) {
          throw new ParleyError('CONFLICT', `Only a dead letter can be retried; this job is ${current.state}.`);
        }
        return current;
      });
      onJobs();
      return job;
    },

    async queueOne(endpointId, event, now) {
      const job = await db.transaction().execute(async (trx) => {
        const endpoint = await trx
          .selectFrom('endpoints')
          .select('id')
          .where('id', '=', endpointId)
          .$if(kind === 'postgres', (query) => query.forKeyShare())
          .executeTakeFirst();
        if (!endpoint) throw new ParleyError('NOT_FOUND', 'There is no such webhook.');
        await enqueue(trx, [{ event, endpointId }], { now, lane: 'free', maxFailures: 1 });
        return jobOf(await withEvents(trx).where('jobs.event_id', '=', event.id).executeTakeFirstOrThrow());
      });
      onJobs();
      return job;
    },

    async countOpen() {
      const counts = { pending: 0, running: 0, dead: 0 };
      for (const state of openStates) {
        const { count } = await db
          .selectFrom('jobs')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where('state', '=', state)
          .executeTakeFirstOrThrow();
        counts[state] = count;
      }
      return counts;
    },
  };
}

function withEvents(db: Kysely<Tables>) {
  return db
    .selectFrom('jobs')
    .innerJoin('events', 'events.event_id', 'jobs.event_id')
    .selectAll('jobs')
    .select(['events.type as event_type', 'events.at as event_at']);
}

async function jobById(db: Kysely<Tables>, id: number): Promise<Job> {
  const row = await withEvents(db).where('jobs.id', '=', id).executeTakeFirst();
  if (!row) throw new ParleyError('NOT_FOUND', 'There is no such job.');
  return jobOf(row);
}
