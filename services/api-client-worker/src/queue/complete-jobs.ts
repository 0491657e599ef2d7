import type { Kysely } from 'kysely';
import type { Tables } from '../database/tables.ts';
import type { EndpointChange, Next } from '../delivery/decide.ts';

/** The result of one attempt. Times in ms (since 1970). `outcome`: `success` or a kind of failure. */
export type Completion = {
  job: { id: number; claim: number };
  /** As it was claimed. */
  of: { id: string; version: number };
  attempt: {
    at: number;
    durationMs: number;
    outcome: string;
    status: number | undefined;
    error: string | undefined;
    snippet: string | undefined;
  };
  next: Next;
  endpoint: EndpointChange | undefined;
};

/**
 * Writes results and their attempts in one transaction. A result counts only under its claim's number: if the job was
 * claimed again since, the late result changes nothing. Returns the ids of the jobs whose result counted.
 */
export function completeJobs(db: Kysely<Tables>, completions: Completion[], now: number): Promise<Set<number>> {
  return db.transaction().execute(async (trx) => {
    // Endpoints before jobs: the order in which a deletion locks them, too.
    for (const { of, endpoint } of completions) if (endpoint) await changeEndpoint(trx, of, endpoint, now);
    const numbers = new Map<number, number>();
    for (const group of groupsOf(completions)) {
      for (const { id, attempts } of await settle(trx, group, now)) numbers.set(id, attempts);
    }
    const attempts = completions.flatMap(({ job, attempt }) => {
      const number = numbers.get(job.id);
      const { at, durationMs, outcome, status = null, error = null, snippet = null } = attempt;
      if (number === undefined) return [];
      return [{ job_id: job.id, number, at, duration_ms: durationMs, outcome, status, error, snippet }];
    });
    if (attempts.length > 0) await trx.insertInto('attempts').values(attempts).execute();
    return new Set(numbers.keys());
  });
}

/** Successes are all alike and take one statement; failures have each a time of their own. */
function groupsOf(completions: Completion[]): Completion[][] {
  const successes = completions.filter(({ next }) => next.state === 'succeeded');
  const failures = completions.filter(({ next }) => next.state !== 'succeeded');
  return [...(successes.length > 0 ? [successes] : []), ...failures.map((failure) => [failure])];
}

function settle(db: Kysely<Tables>, group: Completion[], now: number): Promise<{ id: number; attempts: number }[]> {
  const next = group[0]?.next ?? { state: 'succeeded' };
  const failed = next.state === 'succeeded' ? 0 : 1;
  return db
    .updateTable('jobs')
    .set((eb) => ({
      state: next.state,
      // The number is used up: the same result written again, after a lost answer to COMMIT, changes nothing.
      claim: eb('claim', '+', 1),
      attempts: eb('attempts', '+', 1),
      failures: eb('failures', '+', failed),
      lease_until: null,
      updated_at: now,
      // Only a first attempt is made in order.
      lane: 'free',
      ...(next.state === 'pending' && { due_at: next.dueAt }),
    }))
    .where('state', 'in', ['running', 'pending'])
    .where((eb) => eb.or(group.map(({ job: { id, claim } }) => eb.and({ id, claim }))))
    .returning(['id', 'attempts'])
    .execute();
}

/** What an endpoint said holds for it as it was: one that has since been moved or enabled is asked again. */
async function changeEndpoint(
  db: Kysely<Tables>,
  { id, version }: Completion['of'],
  change: EndpointChange,
  now: number,
): Promise<void> {
  const update = db.updateTable('endpoints').where('id', '=', id).where('version', '=', version);
  if ('disable' in change) {
    await update
      .set((eb) => ({ enabled: 0, disabled_reason: change.disable, updated_at: now, version: eb('version', '+', 1) }))
      .execute();
  } else {
    await update.set({ hold_until: change.holdUntil }).execute();
  }
}
