import { EventEmitter, once } from 'node:events';
import { type Kysely, type QueryExecutorProvider, sql } from 'kysely';
import type { EventData, EventType, ParleyEvent } from '../contracts/events/event.ts';
import type { Database } from './database.ts';
import { ParleyError } from './errors.ts';
import type { EventRow, EventTables, FeedStateRow } from './event-table.ts';

/**
 * A service's events in the order of their commits; every one of them is seen by who reads on from a cursor.
 *
 * On SQLite there is one writer, so ids become visible in order. On PostgreSQL an id drawn early may be committed
 * late. Rows are therefore ordered by (transaction, id), and only those of transactions below the snapshot's xmin are
 * shown: no transaction that could still commit has a smaller number. A cursor is `epoch~transaction~id`; a restored
 * or new database has another epoch.
 */
export type EventFeed = {
  /** Writes an event in the transaction of its change. `at`: milliseconds since 1970. Call `notify` after the commit. */
  append(trx: QueryExecutorProvider, event: NewEvent): Promise<void>;
  /** Wakes those who wait for events. */
  notify(): void;
  /**
   * Events after a cursor: undefined is the oldest kept, `now` the end. Waits up to `waitMs` for one.
   * @throws CursorGone when the cursor is older than what is kept or of another database
   */
  read(after: string | undefined, limit: number, waitMs: number, signal?: AbortSignal): Promise<FeedPart>;
  /**
   * Deletes, of the `limit` first events, those up to the last one older than `before` (ms since 1970); returns how many. `on`: the
   * connection to do it by, for who has one.
   */
  prune(before: number, limit: number, on?: Kysely<EventTables>): Promise<number>;
};

export type NewEvent = { [T in EventType]: { id: string; type: T; at: number; data: EventData<T> } }[EventType];

export type FeedPart = { events: ParleyEvent[]; cursor: string };

/** `oldest` is the cursor to go on from; events between the given one and it are lost to this reader. */
export class CursorGone extends ParleyError {
  readonly oldest: string;

  constructor(oldest: string) {
    super('GONE', 'Events after this cursor are no longer kept; go on from the oldest one.');
    this.oldest = oldest;
  }
}

export type EventFeedOptions = {
  database: Pick<Database<EventTables>, 'db' | 'kind'>;
  /** The data of events that refer to other rows, in the order of `rows`; undefined for one that is gone. */
  load?: (rows: EventRefRow[]) => Promise<unknown[]>;
};

export type EventRefRow = Pick<EventRow, 'type' | 'ref_id' | 'ref_seq'>;

type Row = Omit<EventRow, 'id'> & { id: number; xid: string };
type Place = { xid: string; id: number };

/** A part ends with the event that takes it to so much data: a page of large messages must not fill the memory. */
const MAX_PART_CHARS = 1 << 20;

/** References that are looked up together: when they are large, most of a part's would be looked up in vain. */
const LOADED_AT_ONCE = 50;

/** How often the table is looked at by who waits: commits of other processes wake nobody here. */
const POLL_MS = 250;

const sqliteOrder = {
  xid: sql`'0'`,
  visible: sql<boolean>`1 = 1`,
  forward: sql`id`,
  backward: sql`id DESC`,
  after: ({ id }: Place) => sql`id > ${id}`,
  upTo: ({ id }: Place) => sql`id <= ${id}`,
  prunedBefore: ({ id }: Place) => sql<boolean>`pruned_id < ${id}`,
};

const postgresOrder: typeof sqliteOrder = {
  xid: sql`xid`,
  visible: sql<boolean>`xid < pg_snapshot_xmin(pg_current_snapshot())`,
  forward: sql`xid, id`,
  backward: sql`xid DESC, id DESC`,
  after: ({ xid, id }) => sql`(xid, id) > (${xid}::xid8, ${id}::bigint)`,
  upTo: ({ xid, id }) => sql`(xid, id) <= (${xid}::xid8, ${id}::bigint)`,
  prunedBefore: ({ xid, id }) => sql<boolean>`(pruned_xid::xid8, pruned_id) < (${xid}::xid8, ${id}::bigint)`,
};

export function createEventFeed({ database: { db, kind }, load }: EventFeedOptions): EventFeed {
  const commits = new EventEmitter().setMaxListeners(0);
  const order = kind === 'sqlite' ? sqliteOrder : postgresOrder;
  let commitCount = 0;

  async function state() {
    const row = await db.selectFrom('feed_state').selectAll().executeTakeFirstOrThrow();
    return { epoch: row.epoch, pruned: { xid: row.pruned_xid, id: row.pruned_id } };
  }

  /** The last event, or what was pruned last: in one statement, so that no pruning lies between. */
  async function end(): Promise<Place> {
    const { xid, visible, backward } = order;
    const found = await sql<FeedStateRow & (Place | { id: null })>`SELECT pruned_xid, pruned_id, last.*
      FROM feed_state LEFT JOIN (SELECT ${xid} AS xid, id FROM events WHERE ${visible}
        ORDER BY ${backward} LIMIT 1) AS last ON 1 = 1`.execute(db);
    const last = found.rows[0] as FeedStateRow & (Place | { id: null });
    return last.id === null ? { xid: last.pruned_xid, id: last.pruned_id } : last;
  }

  /** What comes after a place, and up to where the feed is pruned: in one statement, so that no pruning lies between. */
  async function lookAfter(place: Place, limit: number): Promise<{ rows: Row[]; pruned: Place }> {
    const found = await sql<FeedStateRow & (Row | { id: null })>`SELECT pruned_xid, pruned_id, kept.*
      FROM feed_state LEFT JOIN (SELECT id, ${order.xid} AS xid, event_id, type, at, data, ref_id, ref_seq FROM events
        WHERE ${order.after(place)} AND ${order.visible} ORDER BY ${order.forward} LIMIT ${limit}) AS kept ON 1 = 1
      ORDER BY kept.xid, kept.id`.execute(db);
    const { pruned_xid, pruned_id } = found.rows[0] as FeedStateRow;
    return { rows: found.rows.filter((row) => row.id !== null), pruned: { xid: pruned_xid, id: pruned_id } };
  }

  /** The data of each row, in order; undefined where what it referred to is gone. */
  async function dataOf(rows: Row[]): Promise<unknown[]> {
    const references = rows.filter((row) => row.data === null);
    const loaded = references.length > 0 && load ? await load(references) : [];
    const found = new Map(references.map((row, i) => [row, loaded[i]]));
    return rows.map((row) => (row.data === null ? found.get(row) : JSON.parse(row.data)));
  }

  async function part(epoch: string, rows: Row[], from: Place): Promise<FeedPart> {
    const events: ParleyEvent[] = [];
    let last = from;
    let chars = 0;
    for (let start = 0; start < rows.length; start += LOADED_AT_ONCE) {
      const some = rows.slice(start, start + LOADED_AT_ONCE);
      const data = await dataOf(some);
      for (const [i, row] of some.entries()) {
        last = row;
        // What an event referred to may have been trimmed or erased since: there is nothing left to tell.
        if (data[i] === undefined) continue;
        events.push(toEvent(row, data[i]));
        chars += JSON.stringify(data[i]).length;
        if (chars >= MAX_PART_CHARS) return { events, cursor: encodeCursor(epoch, last) };
      }
    }
    return { events, cursor: encodeCursor(epoch, last) };
  }

  /** Resolves at the next commit here, or when it is time to look anyway. */
  async function nextLook(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const signals = [AbortSignal.timeout(ms), ...(signal ? [signal] : [])];
    await once(commits, 'commit', { signal: AbortSignal.any(signals) }).catch(() => {});
  }

  return {
    async append(trx, { id, type, at, data }) {
      const json = JSON.stringify(data);
      await sql`INSERT INTO events (event_id, type, at, data) VALUES (${id}, ${type}, ${at}, ${json})`.execute(trx);
    },
    notify() {
      commitCount += 1;
      commits.emit('commit');
    },
    async read(after, limit, waitMs, signal) {
      const { epoch, pruned: prunedBefore } = await state();
      if (after === 'now') return { events: [], cursor: encodeCursor(epoch, await end()) };
      let from = after === undefined ? prunedBefore : decodeCursor(after, epoch);
      if (!from) throw new CursorGone(encodeCursor(epoch, prunedBefore));
      const deadline = Date.now() + waitMs;
      for (;;) {
        const seenCommits = commitCount;
        const { rows, pruned } = await lookAfter(from, limit);
        if (isBefore(from, pruned)) {
          if (after !== undefined) throw new CursorGone(encodeCursor(epoch, pruned));
          from = pruned;
          continue;
        }
        const left = deadline - Date.now();
        if (rows.length > 0 || left <= 0 || signal?.aborted) return part(epoch, rows, from);
        if (seenCommits === commitCount) await nextLook(Math.min(left, POLL_MS), signal);
      }
    },
    async prune(before, limit, on = db) {
      const { xid, visible, forward, upTo } = order;
      const oldest = await sql<Row>`SELECT ${xid} AS xid, id, at FROM events WHERE ${visible}
        ORDER BY ${forward} LIMIT ${limit}`.execute(on);
      const last = oldest.rows.filter((row) => row.at < before).at(-1);
      if (!last) return 0;
      return on.transaction().execute(async (trx) => {
        const moved = await trx
          .updateTable('feed_state')
          .set({ pruned_xid: last.xid, pruned_id: last.id })
          .where(order.prunedBefore(last))
          .executeTakeFirstOrThrow();
        // Another node has pruned further meanwhile: going back would let a cursor skip what is gone.
        if (moved.numUpdatedRows === 0n) return 0;
        const deleted = await sql`DELETE FROM events WHERE ${upTo(last)}`.execute(trx);
        return Number(deleted.numAffectedRows);
      });
    },
  };
}

/** As it was stored: `append` has seen to its type, and who reads the feed parses it. */
function toEvent({ event_id, type, at }: Row, data: unknown): ParleyEvent {
  return { id: event_id, type, at: new Date(at).toISOString(), data } as ParleyEvent;
}

function encodeCursor(epoch: string, { xid, id }: Place): string {
  return `${epoch}~${xid}~${id}`;
}

/** Undefined for a cursor of another database. @throws ParleyError BAD_MESSAGE for what never was a cursor */
function decodeCursor(cursor: string, epoch: string): Place | undefined {
  const match = /^([0-9a-f]+)~(\d{1,19})~(\d{1,16})$/.exec(cursor);
  if (!match) throw new ParleyError('BAD_MESSAGE', 'That is not a cursor of this feed.');
  return match[1] === epoch ? { xid: match[2] as string, id: Number(match[3]) } : undefined;
}

function isBefore(a: Place, b: Place): boolean {
  const [ax, bx] = [BigInt(a.xid), BigInt(b.xid)];
  return ax < bx || (ax === bx && a.id < b.id);
}
