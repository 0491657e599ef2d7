import { sql, type Transaction } from 'kysely';
import { afterEach, expect, test, vi } from 'vitest';
import type { ParleyEvent } from '../contracts/events/event.ts';
import { createClosers } from './closers.ts';
import { type Database, openDatabase } from './database.ts';
import { createEventFeed, type EventFeed, type EventRefRow, type FeedPart } from './event-feed.ts';
import { createEventTables, type EventTables } from './event-table.ts';
import { silentLogger } from './logger.ts';
import { describeEachDatabase, describePostgres, type TestDatabase } from './test-databases.ts';

type Opened = { feed: EventFeed; database: Database<EventTables>; close(): Promise<void> };

const opened: Opened[] = [];

afterEach(async () => {
  for (const { close } of opened.splice(0)) await close();
});

async function open({ dataDir, databaseUrl }: TestDatabase): Promise<Opened> {
  const closers = createClosers();
  const database = await openDatabase<EventTables>({
    service: 'users',
    databaseUrl,
    dataDir,
    migrations: (kind) => ({ '0001-events': { up: (db) => createEventTables(db, kind) } }),
    closers,
    log: silentLogger(),
  });
  const feed = createEventFeed({ database });
  const one = { feed, database, close: () => closers.close() };
  opened.push(one);
  return one;
}

const DAY = 86_400_000;

async function append(feed: EventFeed, trx: Transaction<EventTables>, n: number): Promise<void> {
  const data = { id: `u_${n}`, username: `user${n}` };
  await feed.append(trx, { id: `user~deleted:u_${n}`, type: 'user.deleted', at: n * DAY, data });
}

/** Each event in a transaction of its own, as a service does it. */
async function commit({ feed, database }: Opened, ...numbers: number[]): Promise<void> {
  for (const n of numbers) await database.db.transaction().execute((trx) => append(feed, trx, n));
  feed.notify();
}

/** The same, and all of it is in the feed: on PostgreSQL the open transactions of other tests hold it back. */
async function publish(node: Opened, ...numbers: number[]): Promise<void> {
  await commit(node, ...numbers);
  if (node.database.kind === 'sqlite') return;
  await vi.waitFor(async () => {
    const hidden = await sql`SELECT 1 FROM events WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())`.execute(
      node.database.db,
    );
    expect(hidden.rows).toEqual([]);
  }, 10_000);
}

/** Reads on until it has this many events. */
async function read({ feed }: Opened, cursor: string | undefined, count: number): Promise<number[]> {
  const numbers: number[] = [];
  for (let after = cursor; numbers.length < count; ) {
    const part = await feed.read(after, 100, 10_000);
    if (part.events.length === 0) break;
    numbers.push(...numbersOf(part));
    after = part.cursor;
  }
  return numbers;
}

const numberOf = ({ id }: ParleyEvent) => Number(id.split('_')[1]);
const numbersOf = ({ events }: FeedPart) => events.map(numberOf);

describeEachDatabase('an event feed', (databases) => {
  test('gives every event, in order, in parts', async () => {
    const node = await open(await databases.create());
    await publish(node, 1, 2, 3, 4, 5);
    const first = await node.feed.read(undefined, 2, 0);
    expect(first.events[0]).toEqual({
      id: 'user~deleted:u_1',
      type: 'user.deleted',
      at: '1970-01-02T00:00:00.000Z',
      data: { id: 'u_1', username: 'user1' },
    });
    const second = await node.feed.read(first.cursor, 2, 0);
    const third = await node.feed.read(second.cursor, 2, 0);
    expect([first, second, third].map(numbersOf)).toEqual([[1, 2], [3, 4], [5]]);
    expect(await node.feed.read(third.cursor, 2, 0)).toEqual({ events: [], cursor: third.cursor });
  });

  test('begins at the end with `now`, also of an empty feed', async () => {
    const node = await open(await databases.create());
    const empty = await node.feed.read('now', 10, 0);
    await publish(node, 1, 2);
    const later = await node.feed.read('now', 10, 0);
    await publish(node, 3);
    expect(numbersOf(await node.feed.read(empty.cursor, 10, 0))).toEqual([1, 2, 3]);
    expect(numbersOf(await node.feed.read(later.cursor, 10, 0))).toEqual([3]);
  });

  test('shows nothing of a transaction that failed', async () => {
    const node = await open(await databases.create());
    const failed = node.database.db.transaction().execute(async (trx) => {
      await append(node.feed, trx, 1);
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await publish(node, 2);
    expect(numbersOf(await node.feed.read(undefined, 10, 0))).toEqual([2]);
  });

  test('waits for an event, and no longer than told', async () => {
    const node = await open(await databases.create());
    const { cursor } = await node.feed.read('now', 10, 0);
    expect(await node.feed.read(cursor, 10, 30)).toEqual({ events: [], cursor });
    const waiting = node.feed.read(cursor, 10, 10_000);
    await commit(node, 1);
    expect(numbersOf(await waiting)).toEqual([1]);
  });

  test('ends a wait when asked to', async () => {
    const node = await open(await databases.create());
    const { cursor } = await node.feed.read('now', 10, 0);
    const stop = new AbortController();
    const waiting = node.feed.read(cursor, 10, 60_000, stop.signal);
    stop.abort();
    expect(await waiting).toEqual({ events: [], cursor });
  });

  test('a cursor older than what is kept is GONE and told where to go on', async () => {
    const node = await open(await databases.create());
    const start = await node.feed.read('now', 10, 0);
    await publish(node, 1, 2, 3, 4);
    const first = await node.feed.read(undefined, 1, 0);
    expect(await node.feed.prune(2.5 * DAY, 1)).toBe(1);
    expect(await node.feed.prune(2.5 * DAY, 100)).toBe(1);
    expect(await node.feed.prune(2.5 * DAY, 100)).toBe(0);
    for (const cursor of [start.cursor, first.cursor]) {
      const gone = await node.feed.read(cursor, 10, 0).catch((err) => err);
      expect(gone).toMatchObject({ code: 'GONE' });
      expect(numbersOf(await node.feed.read(gone.oldest, 10, 0))).toEqual([3, 4]);
    }
    expect(numbersOf(await node.feed.read(undefined, 10, 0))).toEqual([3, 4]);
  });

  test('keeps its cursors when everything is pruned', async () => {
    const node = await open(await databases.create());
    await publish(node, 1, 2);
    const { cursor } = await node.feed.read(undefined, 10, 0);
    expect(await node.feed.prune(10 * DAY, 100)).toBe(2);
    await publish(node, 3);
    expect(numbersOf(await node.feed.read(cursor, 10, 0))).toEqual([3]);
  });

  test('two that prune at once never take the mark back', async () => {
    const where = await databases.create();
    const node = await open(where);
    const other = where.databaseUrl ? await open(where) : node;
    await publish(node, ...Array.from({ length: 20 }, (_, i) => i + 1));
    const { cursor } = await node.feed.read(undefined, 10, 0);
    const days = [3, 15, 4, 9, 15, 1];
    await Promise.all(days.map((day, i) => (i % 2 ? node : other).feed.prune(day * DAY + 1, 100)));
    await expect(node.feed.read(cursor, 10, 0)).rejects.toMatchObject({ code: 'GONE' });
    expect(numbersOf(await node.feed.read(undefined, 1, 0))).toEqual([16]);
  });

  test('refuses what is no cursor, and the cursor of another database', async () => {
    const node = await open(await databases.create());
    const other = await open(await databases.create());
    await publish(node, 1);
    await expect(node.feed.read('abc', 10, 0)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
    await expect(node.feed.read(`${'9'.repeat(30)}~1~1`, 10, 0)).rejects.toMatchObject({ code: 'GONE' });
    const { cursor } = await other.feed.read('now', 10, 0);
    const gone = await node.feed.read(cursor, 10, 0).catch((err) => err);
    expect(gone).toMatchObject({ code: 'GONE' });
    expect(numbersOf(await node.feed.read(gone.oldest, 10, 0))).toEqual([1]);
  });

  test('an event of another version holds up nobody', async () => {
    const node = await open(await databases.create());
    await sql`INSERT INTO events (event_id, type, at, data) VALUES ('x:u_1', 'user.promoted', 0, '{"to":"king"}')`.execute(
      node.database.db,
    );
    await publish(node, 2);
    const { events } = await node.feed.read(undefined, 10, 0);
    expect(events[0]).toEqual({
      id: 'x:u_1',
      type: 'user.promoted',
      at: '1970-01-01T00:00:00.000Z',
      data: { to: 'king' },
    });
    expect(events).toHaveLength(2);
  });

  test('what large events refer to is not looked up far beyond what a part can hold', async () => {
    const { database } = await open(await databases.create());
    let loaded = 0;
    const load = async (rows: EventRefRow[]) => {
      loaded += rows.length;
      return rows.map(({ ref_seq }) => (ref_seq === 7 ? undefined : { seq: ref_seq, text: 'x'.repeat(60_000) }));
    };
    const feed = createEventFeed({ database, load });
    const insert = (seq: number) =>
      sql`INSERT INTO events (event_id, type, at, ref_id, ref_seq) VALUES (${`m_${seq}`}, 'message.posted', 0, 1, ${seq})`;
    await database.db.transaction().execute(async (trx) => {
      for (let seq = 1; seq <= 300; seq += 1) await insert(seq).execute(trx);
    });
    const first = await feed.read(undefined, 1_000, 10_000);
    expect(numbersOf(first)).toEqual([1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(loaded).toBeLessThanOrEqual(50);
    expect(numbersOf(await feed.read(first.cursor, 1_000, 0))[0]).toBe(20);
  });

  test('a reader that follows while many write sees each event once, each writer in order', async () => {
    const node = await open(await databases.create());
    const writers = 8;
    const each = 15;
    const seen: number[] = [];
    async function follow(): Promise<void> {
      let cursor: string | undefined;
      while (seen.length < writers * each) {
        const part = await node.feed.read(cursor, 7, 10_000);
        if (part.events.length === 0) return;
        seen.push(...numbersOf(part));
        cursor = part.cursor;
      }
    }
    const following = follow();
    await Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        for (let i = 0; i < each; i += 1) await commit(node, writer * 1_000 + i);
      }),
    );
    await following;
    for (let writer = 0; writer < writers; writer += 1) {
      const own = seen.filter((n) => Math.floor(n / 1_000) === writer);
      expect(own).toEqual(Array.from({ length: each }, (_, i) => writer * 1_000 + i));
    }
    expect(seen).toHaveLength(writers * each);
  });
});

describePostgres('an event feed with late commits (PostgreSQL)', (databases) => {
  /** A transaction that stays open until told. */
  async function begin({ feed, database }: Opened) {
    const trx = await database.db.startTransaction().execute();
    return {
      append: (n: number) => append(feed, trx, n),
      commit: () => trx.commit().execute(),
      rollback: () => trx.rollback().execute(),
    };
  }

  test('an event that was written early and is committed late is not skipped', async () => {
    const node = await open(await databases.create());
    const early = await begin(node);
    await early.append(1);
    await commit(node, 2);
    const before = await node.feed.read(undefined, 10, 0);
    expect(numbersOf(before)).toEqual([]);
    await early.commit();
    expect(await read(node, before.cursor, 2)).toEqual([1, 2]);
  });

  test('nor one whose transaction began early and writes it late', async () => {
    const node = await open(await databases.create());
    const [a, b, c] = [await begin(node), await begin(node), await begin(node)];
    await a.append(1);
    await b.append(2);
    await c.append(3);
    await b.commit();
    await a.append(4);
    await c.rollback();
    const { cursor } = await node.feed.read('now', 10, 0);
    await commit(node, 5);
    await a.commit();
    expect(await read(node, cursor, 4)).toEqual([1, 4, 2, 5]);
  });

  test('a waiting reader gets it soon after the commit, though nobody tells it', async () => {
    const where = await databases.create();
    const node = await open(where);
    const otherNode = await open(where);
    const { cursor } = await node.feed.read('now', 10, 0);
    const late = await begin(otherNode);
    await late.append(1);
    const waiting = read(node, cursor, 2);
    await commit(node, 2);
    await late.commit();
    expect(await waiting).toEqual([1, 2]);
  });

  test('pruning leaves what is not visible yet', async () => {
    const node = await open(await databases.create());
    const late = await begin(node);
    await late.append(1);
    await commit(node, 2);
    expect(await node.feed.prune(10 * DAY, 100)).toBe(0);
    await late.commit();
    expect(await read(node, undefined, 2)).toEqual([1, 2]);
  });

  test('a feed from another cluster, whose transactions were further, goes on once it is told so', async () => {
    const node = await open(await databases.create());
    await publish(node, 1, 2);
    const { cursor } = await node.feed.read(undefined, 1, 0);
    await sql`UPDATE events SET xid = '99999999999'`.execute(node.database.db);
    await sql`UPDATE feed_state SET epoch = 'f00', pruned_xid = '0'`.execute(node.database.db);
    await sql`UPDATE events SET xid = '0'`.execute(node.database.db);
    await publish(node, 3);
    await expect(node.feed.read(cursor, 10, 0)).rejects.toMatchObject({ code: 'GONE' });
    expect(await read(node, undefined, 3)).toEqual([1, 2, 3]);
  });
});
