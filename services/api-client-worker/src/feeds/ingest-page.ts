import type { AnyEvent } from '@parley/common/contracts/events/any-event';
import type { Database } from '@parley/common/runtime/database';
import type { FeedPage } from '@parley/net/feed-follower';
import type { Kysely } from 'kysely';
import type { Tables } from '../database/tables.ts';
import { enqueue } from '../queue/enqueue.ts';
import { isWantedBy, type Wishes } from './wanted-by.ts';

type Store = Pick<Database<Tables>, 'db' | 'kind'>;

export type Page = FeedPage & { source: string };

/** moved: another worker has taken this page in already; go on from its cursor. */
export type Ingested = { type: 'stored'; jobs: number } | { type: 'moved'; place: string | null };

export type IngestOptions = { now: number; maxFailures: number };

/** The cursor to read a feed with; null: from the oldest event it keeps. */
export async function placeIn(db: Kysely<Tables>, source: string, now: number): Promise<string | null> {
  await db
    .insertInto('feeds')
    .values({ source, place: null, lost_at: null, updated_at: now })
    .onConflict((conflict) => conflict.column('source').doNothing())
    .execute();
  return (await db.selectFrom('feeds').select('place').where('source', '=', source).executeTakeFirstOrThrow()).place;
}

/**
 * Takes a page of a feed in: a job for each event and endpoint that wants it, and the new cursor, in one transaction. So
 * each event is queued exactly once, whenever the worker is killed and however many workers read the same feed.
 */
export function ingestPage({ db, kind }: Store, page: Page, options: IngestOptions): Promise<Ingested> {
  const { source, from, to, events, isLoss } = page;
  const { now } = options;
  return db.transaction().execute(async (trx) => {
    const feed = await trx
      .selectFrom('feeds')
      .select('place')
      .where('source', '=', source)
      .$if(kind === 'postgres', (query) => query.forUpdate())
      .executeTakeFirstOrThrow();
    if (feed.place !== from) return { type: 'moved', place: feed.place };
    const jobs = events.length > 0 ? await queue({ db: trx, kind }, events, options) : 0;
    await trx
      .updateTable('feeds')
      .set((eb) => ({ place: to, updated_at: now, ...(isLoss && { losses: eb('losses', '+', 1), lost_at: now }) }))
      .where('source', '=', source)
      .execute();
    return { type: 'stored', jobs };
  });
}

/** Returns the number of jobs. */
async function queue(store: Store, events: AnyEvent[], { now, maxFailures }: IngestOptions): Promise<number> {
  const endpoints = await enabledEndpoints(store);
  const deliveries = events.flatMap((event) =>
    endpoints.filter((endpoint) => isWantedBy(endpoint, event)).map(({ id }) => ({ event, endpointId: id })),
  );
  await enqueue(store.db, deliveries, { now, lane: 'ordered', maxFailures });
  return deliveries.length;
}

/** Locked against deletion until the jobs are there that refer to them. */
async function enabledEndpoints({ db, kind }: Store): Promise<(Wishes & { id: string })[]> {
  const rows = await db
    .selectFrom('endpoints')
    .select(['id', 'events', 'room', 'created_at'])
    .where('enabled', '=', 1)
    .$if(kind === 'postgres', (query) => query.forKeyShare())
    .execute();
  return rows.map(({ id, events, room, created_at: createdAt }) => {
    return { id, events: JSON.parse(events) as string[], room: room ?? undefined, createdAt };
  });
}
