import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@parley/common/runtime/logger';
import pg from 'pg';
import { notStored, postgresAppendError } from './append-errors.ts';
import type { Appender } from './appender.ts';
import { toRoomEntries } from './entries.ts';
import { type Written, writeBatch } from './postgres-append.ts';
import type { AppendResult, OnEntries, Write } from './room-log.ts';
import { createTurns } from './turns.ts';

export type PostgresAppenderOptions = {
  /** The pool of the service's other statements; the log takes its settings and has connections of its own. */
  pool: pg.Pool;
  keyMaxAgeMs: number;
  statementTimeoutMs: number;
  /** How long the posts of a batch wait when the answer to their COMMIT was lost, until they are told UNAVAILABLE. */
  settleMs: number;
  log: Logger;
};

/** How long a transaction may wait for its node's next statement: a node that stands still holds up the others in its rooms. */
const idleMs = 3_000;

/** A batch that may be committed or not: the answer to its COMMIT never came. */
type Unsettled = { xid: string; posts: readonly Write[]; results: AppendResult[] };

/**
 * Appends over a pool of its own, so that no crowd of readers holds posts up. When the answer to a COMMIT is lost, nothing more is
 * appended before the database has told what became of that transaction.
 */
export function openPostgresAppender(options: PostgresAppenderOptions): Appender {
  const { log } = options;
  const pool = new pg.Pool(poolSettings(options));
  // A lost connection fails the statements on it; without these listeners it would end the process as well.
  pool.on('connect', (client) =>
    client.on('error', (err) => log.warn({ err }, 'a connection of the room log was lost')),
  );
  pool.on('error', () => {});
  const clients = new Set<pg.PoolClient>();
  pool.on('connect', (client) => void clients.add(client));
  pool.on('remove', (client) => void clients.delete(client));
  const turns = createTurns();
  let isHurried = false;
  let unsettled: Unsettled | undefined;
  let found: OnEntries = () => {};

  async function append(posts: readonly Write[]): Promise<AppendResult[]> {
    await settleEarlier();
    const client = await connect();
    const written = await write(client, posts);
    const end = await commit(client);
    if (end === 'committed') return written.results;
    if (end === 'aborted' || written.xid === undefined) throw notStored(new Error('the transaction was aborted'));
    unsettled = { xid: written.xid, posts, results: written.results };
    log.warn({ xid: written.xid, posts: posts.length }, 'the answer to a commit was lost; asking what became of it');
    const committed = await settled(unsettled, Date.now() + options.settleMs);
    unsettled = undefined;
    if (!committed) throw notStored(new Error('the transaction was lost with its connection'));
    return written.results;
  }

  async function connect(): Promise<pg.PoolClient> {
    if (isHurried) throw notStored(new Error('the service has stopped'));
    try {
      return await pool.connect();
    } catch (error) {
      throw notStored(error);
    }
  }

  async function write(client: pg.PoolClient, posts: readonly Write[]): Promise<Written> {
    try {
      return await writeBatch(client, posts, options.keyMaxAgeMs);
    } catch (error) {
      await rollback(client, error);
      throw postgresAppendError(error);
    }
  }

  /** Tells of what was committed although its posts were answered UNAVAILABLE; throws while that cannot be learned. */
  async function settleEarlier(): Promise<void> {
    if (!unsettled) return;
    const { posts, results } = unsettled;
    const committed = await settled(unsettled, Date.now());
    unsettled = undefined;
    if (!committed) return;
    for (const [room, { epoch, entries }] of toRoomEntries(posts, results)) found(room, epoch, entries);
  }

  /** Whether the transaction was committed. Asks until `deadline`, at least once. @throws UNAVAILABLE when that stays unknown */
  async function settled({ xid }: Unsettled, deadline: number): Promise<boolean> {
    for (;;) {
      try {
        const status = await transactionStatus(pool, xid);
        if (status !== 'in progress') return status === 'committed';
      } catch (error) {
        if (isHurried || Date.now() >= deadline) throw notStored(error);
      }
      if (isHurried || Date.now() >= deadline) throw notStored(new Error('the transaction has not ended yet'));
      await delay(100);
    }
  }

  async function probe(): Promise<void> {
    await settleEarlier();
    await pool.query('UPDATE feed_state SET epoch = epoch').catch((error) => {
      throw notStored(error);
    });
  }

  return {
    append: (batch) => turns.run(() => append(batch)),
    exclusive: (write) => write(),
    probe: () => turns.run(probe),
    onFound(listener) {
      found = listener;
    },
    hurry() {
      isHurried = true;
      // Ends what is under way on them: `end` does not wait for the answer to a query.
      for (const client of clients) void (client as pg.PoolClient & pg.Client).end();
    },
    close: () => pool.end(),
  };
}

/** Every statement of an append finds its few rows by an index; a plan from when a table was small must not outlive that. */
function poolSettings({ pool, statementTimeoutMs }: PostgresAppenderOptions): pg.PoolConfig {
  return {
    ...pool.options,
    max: 2,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1_000,
    idle_in_transaction_session_timeout: Math.min(idleMs, statementTimeoutMs),
    options: `${pool.options.options ?? ''} -c enable_seqscan=off`,
  };
}

/** `unknown`: the connection broke (or went silent) before the answer came. */
async function commit(client: pg.PoolClient): Promise<'committed' | 'aborted' | 'unknown'> {
  try {
    const { command } = await client.query('COMMIT');
    client.release();
    return command === 'COMMIT' ? 'committed' : 'aborted';
  } catch (error) {
    client.release(true);
    return isRefusal(error) ? 'aborted' : 'unknown';
  }
}

/** The server itself decided against the transaction: classes 22, 23 and 40 (PostgreSQL, appendix A). */
function isRefusal(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^(22|23|40)/.test(error.code ?? '');
}

async function rollback(client: pg.PoolClient, cause: unknown): Promise<void> {
  if (!(cause instanceof pg.DatabaseError)) return client.release(true);
  await client.query('ROLLBACK').then(
    () => client.release(),
    () => client.release(true),
  );
}

/**
 * A transaction number means nothing on a database that has been restored meanwhile, or is a replica that has not got so far: only
 * with a row that carries it is it ours. The row is looked for once the transaction has ended: a statement sees what was committed
 * before it began, and might miss a row whose transaction ends while it runs.
 */
async function transactionStatus(pool: pg.Pool, xid: string): Promise<'in progress' | 'committed' | 'aborted'> {
  try {
    const { rows } = await pool.query<{ status: string | null }>('SELECT pg_xact_status($1::xid8) AS status', [xid]);
    if (rows[0]?.status === 'in progress') return 'in progress';
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === INVALID_PARAMETER) return 'aborted';
    throw error;
  }
  const ours = await pool.query('SELECT FROM events WHERE xid = $1::xid8 LIMIT 1', [xid]);
  return ours.rowCount === 0 ? 'aborted' : 'committed';
}

/** "transaction ID is in the future". */
const INVALID_PARAMETER = '22023';
