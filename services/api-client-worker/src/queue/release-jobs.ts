import type { Kysely } from 'kysely';
import type { Tables } from '../database/tables.ts';

/** A claim that ends without an attempt: others may have the jobs at once. */
export async function releaseJobs(db: Kysely<Tables>, jobs: { id: number; claim: number }[]): Promise<void> {
  if (jobs.length === 0) return;
  await db
    .updateTable('jobs')
    .set({ state: 'pending', lease_until: null })
    .where('state', '=', 'running')
    .where((eb) => eb.or(jobs.map(({ id, claim }) => eb.and({ id, claim }))))
    .execute();
}

/**
 * Frees the jobs whose lease has ended: their worker is dead or late. The claim's number stays until the next claim, so
 * a late worker's result still counts as long as nobody else has begun. Returns how many.
 */
export async function releaseExpired(db: Kysely<Tables>, now: number): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set({ state: 'pending', lease_until: null })
    .where('state', '=', 'running')
    .where('lease_until', '<', now)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** For a database that one process has for itself: what is running when it starts was left by its predecessor. */
export function releaseAll(db: Kysely<Tables>): Promise<number> {
  return releaseExpired(db, Number.MAX_SAFE_INTEGER);
}
