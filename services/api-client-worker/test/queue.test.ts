import { createClosers } from '@parley/common/runtime/closers';
import { openDatabase } from '@parley/common/runtime/database';
import { silentLogger } from '@parley/common/runtime/logger';
import { describeEachDatabase, describePostgres, type TestDatabases } from '@parley/common/runtime/test-databases';
import { afterEach, expect, test } from 'vitest';
import { migrations } from '../src/database/migrations.ts';
import type { Tables } from '../src/database/tables.ts';
import { ingestPage, placeIn } from '../src/feeds/ingest-page.ts';
import { claimLanes } from '../src/queue/claim-lanes.ts';
import { type Completion, completeJobs } from '../src/queue/complete-jobs.ts';
import { prune } from '../src/queue/prune.ts';
import { releaseExpired, releaseJobs } from '../src/queue/release-jobs.ts';
import { messages, posted } from './support/events.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

const T = Date.now() + 1_000;

/** A queue with these endpoints, without a service around it. Times are those of the test. */
async function openQueue(databases: Pick<TestDatabases, 'create'>, endpoints = ['a']) {
  const own = createClosers();
  opened.push(() => own.close());
  const where = await databases.create();
  const options = { service: 'worker', databaseUrl: where.databaseUrl, dataDir: where.dataDir, migrations } as const;
  const database = await openDatabase<Tables>({ ...options, closers: own, log: silentLogger() });
  for (const id of endpoints) {
    const row = { id, url: 'http://127.0.0.1:9/', events: '["*"]', enabled: 1, secret: '' };
    const nulls = { room: null, description: null, disabled_reason: null, previous_secret: null, previous_until: null };
    await database.db
      .insertInto('endpoints')
      .values({ ...row, ...nulls, created_at: 0, updated_at: 0 })
      .execute();
  }
  await placeIn(database.db, 'chat-ws', T);
  let place: string | null = null;
  return {
    database,
    db: database.db,
    async queue(...events: ReturnType<typeof posted>[]) {
      const page = { source: 'chat-ws', from: place, to: `${place}+`, events, isLoss: false };
      const ingested = await ingestPage(database, page, { now: T, maxFailures: 3 });
      place = `${place}+`;
      return ingested;
    },
    claim: (now = T, more = {}) =>
      claimLanes(database, { now, leaseUntil: now + 1_000, maxEndpoints: 10, batchSize: 10, ...more }),
    states: async () =>
      (await database.db.selectFrom('jobs').select('state').orderBy('id').execute()).map(({ state }) => state),
  };
}

function result(
  job: { id: number; claim: number },
  outcome: 'success' | 'status',
  next: Completion['next'],
): Completion {
  const attempt = { at: T, durationMs: 1, outcome, status: 200, error: undefined, snippet: undefined };
  return { job, of: { id: 'a', version: 1 }, attempt, next, endpoint: undefined };
}

const done = { state: 'succeeded' } as const;

describeEachDatabase('the queue', (databases) => {
  test('a lane belongs to one worker at a time', async () => {
    const { queue, claim, db } = await openQueue(databases);
    await queue(...messages(5));
    const [first] = await claim(T, { batchSize: 2 });
    expect(first?.jobs.map(({ event }) => JSON.parse(event.body).data.text)).toEqual(['m1', 'm2']);
    expect(await claim()).toEqual([]);
    await releaseJobs(db, first?.jobs ?? []);
    const [again] = await claim();
    expect(again?.jobs).toHaveLength(5);
    expect(again?.jobs[0]?.claim).toBe(2);
  });

  test('a late worker does not overwrite what another has done since', async () => {
    const { queue, claim, db, states } = await openQueue(databases);
    await queue(posted('m1'));
    const [late] = await claim();
    const job = late?.jobs[0] ?? { id: 0, claim: 0 };
    expect(await releaseExpired(db, T + 999)).toBe(0);
    expect(await releaseExpired(db, T + 1_001)).toBe(1);
    const [other] = await claim(T + 1_001);
    const taken = other?.jobs[0] ?? { id: 0, claim: 0 };
    expect(taken).toMatchObject({ id: job.id, claim: job.claim + 1 });

    expect(await completeJobs(db, [result(job, 'status', { state: 'dead' })], T)).toEqual(new Set());
    expect(await states()).toEqual(['running']);
    expect(await completeJobs(db, [result(taken, 'success', done)], T)).toEqual(new Set([job.id]));
    expect(await completeJobs(db, [result(job, 'status', { state: 'dead' })], T)).toEqual(new Set());
    expect(await states()).toEqual(['succeeded']);
    expect(await db.selectFrom('attempts').select(['number', 'outcome']).execute()).toEqual([
      { number: 1, outcome: 'success' },
    ]);
  });

  test('a late result counts while nobody else has begun, and the same result counts once', async () => {
    const { queue, claim, db, states } = await openQueue(databases);
    await queue(posted('m1'));
    const [late] = await claim();
    const job = late?.jobs[0] ?? { id: 0, claim: 0 };
    await releaseExpired(db, T + 1_001);
    const failed = result(job, 'status', { state: 'pending', dueAt: T + 5_000 });
    expect((await completeJobs(db, [failed], T)).size).toBe(1);
    expect((await completeJobs(db, [failed], T)).size).toBe(0);
    expect(await db.selectFrom('jobs').select(['attempts', 'failures']).execute()).toEqual([
      { attempts: 1, failures: 1 },
    ]);
    expect(await claim(T + 4_999)).toEqual([]);
    expect(await claim(T + 5_000)).toMatchObject([{ lane: 'free', jobs: [{ id: job.id }] }]);
    expect(await states()).toEqual(['running']);
  });

  test('the same event is queued once, and a page that another worker took in is not taken twice', async () => {
    const { database, queue, states } = await openQueue(databases, ['a', 'b']);
    await queue(posted('m1'));
    expect(await queue(posted('m1'), posted('m2'))).toEqual({ type: 'stored', jobs: 4 });
    expect(await states()).toHaveLength(4);
    const stale = { source: 'chat-ws', from: null, to: 'x', events: [posted('m3')], isLoss: false };
    expect(await ingestPage(database, stale, { now: T, maxFailures: 3 })).toEqual({ type: 'moved', place: 'null++' });
    expect(await states()).toHaveLength(4);
  });

  test('endpoints are served in turn', async () => {
    const { queue, claim, db } = await openQueue(databases, ['a', 'b', 'c']);
    await queue(...messages(2));
    const turns: string[] = [];
    for (let i = 0; i < 6; i += 1) {
      const [lane] = await claim(T + i, { maxEndpoints: 1, batchSize: 1 });
      turns.push(lane?.endpoint.id ?? '');
      await completeJobs(
        db,
        (lane?.jobs ?? []).map((job) => result(job, 'success', done)),
        T,
      );
    }
    expect(turns).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  test('what has been kept long enough is deleted, what is open is not', async () => {
    const { queue, claim, db, states } = await openQueue(databases, ['a']);
    await queue(...messages(4));
    const [lane] = await claim();
    const [m1, m2, m3] = lane?.jobs ?? [];
    if (!m1 || !m2 || !m3) throw new Error('three jobs are expected');
    const results = [result(m1, 'success', done), result(m2, 'status', { state: 'dead' }), result(m3, 'success', done)];
    await completeJobs(db, results, T);
    const keep = { keepDoneMs: 1_000, keepDeadMs: 5_000, limit: 1 };
    expect(await prune(db, { ...keep, now: T + 1_000 })).toBe(0);
    // A job and, once nothing refers to it, its event; one of each at a time.
    while ((await prune(db, { ...keep, now: T + 1_001 })) > 0);
    expect(await states()).toEqual(['dead', 'running']);
    expect(await db.selectFrom('events').select('event_id').execute()).toHaveLength(2);
    while ((await prune(db, { ...keep, now: T + 5_001 })) > 0);
    expect(await states()).toEqual(['running']);
    await db.updateTable('jobs').set({ state: 'pending' }).execute();
    expect(await prune(db, { ...keep, now: T + 6_000 })).toBe(0);
    await db.updateTable('endpoints').set({ enabled: 0 }).execute();
    while ((await prune(db, { ...keep, now: T + 6_000 })) > 0);
    expect(await states()).toEqual([]);
    expect(await db.selectFrom('events').selectAll().execute()).toEqual([]);
  });
});

describePostgres('the queue with many workers', (databases) => {
  test('claims at the same time never share a lane', async () => {
    const endpoints = Array.from({ length: 10 }, (_, i) => `e${i}`);
    const { queue, claim } = await openQueue(databases, endpoints);
    await queue(...messages(10));
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim(T, { maxEndpoints: 4, batchSize: 3 })));
    const lanes = claims.flat();
    const owners = lanes.map(({ endpoint }) => endpoint.id);
    expect(new Set(owners).size).toBe(owners.length);
    for (const { jobs } of lanes) {
      expect(jobs.map(({ event }) => JSON.parse(event.body).data.text)).toEqual(['m1', 'm2', 'm3']);
    }
  });
});
