import type { Kysely } from 'kysely';
import type { Tables } from '../database/tables.ts';

export type PruneOptions = {
  now: number;
  keepDoneMs: number;
  keepDeadMs: number;
  /** Rows deleted at once: the writer is not kept busy for long. */
  limit: number;
};

/**
 * Deletes a part of what has been kept long enough: delivered jobs, dead letters, jobs that wait at a disabled endpoint,
 * and then events that no job refers to. Returns the number of rows: when it is not 0, there may be more.
 */
export async function prune(db: Kysely<Tables>, { now, keepDoneMs, keepDeadMs, limit }: PruneOptions): Promise<number> {
  const done = db
    .selectFrom('jobs')
    .select('id')
    .where('state', '=', 'succeeded')
    .where('updated_at', '<', now - keepDoneMs);
  const dead = db
    .selectFrom('jobs')
    .select('id')
    .where('state', '=', 'dead')
    .where('updated_at', '<', now - keepDeadMs);
  const stranded = db
    .selectFrom('jobs')
    .select('id')
    .where('state', '=', 'pending')
    .where('updated_at', '<', now - keepDeadMs)
    .where('endpoint_id', 'in', (eb) => eb.selectFrom('endpoints').select('endpoints.id').where('enabled', '=', 0));
  let deleted = 0;
  for (const jobs of [done, dead, stranded]) {
    const result = await db.deleteFrom('jobs').where('id', 'in', jobs.limit(limit)).executeTakeFirst();
    deleted += Number(result.numDeletedRows);
  }
  const orphans = db
    .selectFrom('events')
    .select('event_id')
    .where('created_at', '<', now - Math.min(keepDoneMs, keepDeadMs))
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('jobs').select('jobs.id').whereRef('jobs.event_id', '=', 'events.event_id'))),
    )
    .limit(limit);
  const result = await db.deleteFrom('events').where('event_id', 'in', orphans).executeTakeFirst();
  return deleted + Number(result.numDeletedRows);
}
