import { once } from 'node:events';
import type { SQLInputValue } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { SqliteReply, SqliteRequest } from './sqlite-thread.ts';

/** What SQLite refused, with its result code (sqlite.org/rescode.html), e.g. 2067: a UNIQUE constraint. */
export class SqliteError extends Error {
  override readonly name = 'SqliteError';
  readonly errcode: number | undefined;

  constructor(message: string, errcode: number | undefined) {
    super(message);
    this.errcode = errcode;
  }
}

/** A Kysely dialect over one SQLite connection that lives in a thread of its own. */
export function sqliteDialect(file: string): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createDriver: () => createDriver(file),
  };
}

function createDriver(file: string): Driver {
  let connection: ReturnType<typeof openConnection> | undefined;
  // One connection, lent to one user at a time: a transaction has it for itself.
  let lent = Promise.resolve();
  let giveBack = () => {};

  return {
    async init() {
      connection = openConnection(file);
    },
    async acquireConnection() {
      const before = lent;
      const { promise, resolve } = Promise.withResolvers<void>();
      lent = promise;
      await before;
      giveBack = resolve;
      if (!connection) throw new Error('the SQLite driver was not initialised');
      return connection;
    },
    async releaseConnection() {
      giveBack();
    },
    async beginTransaction(used) {
      await used.executeQuery(CompiledQuery.raw('BEGIN IMMEDIATE'));
    },
    async commitTransaction(used) {
      await used.executeQuery(CompiledQuery.raw('COMMIT'));
    },
    async rollbackTransaction(used) {
      await used.executeQuery(CompiledQuery.raw('ROLLBACK'));
    },
    async destroy() {
      await connection?.close();
    },
  };
}

function openConnection(file: string): DatabaseConnection & { close(): Promise<void> } {
  const thread = new Worker(new URL('./sqlite-thread.ts', import.meta.url), { workerData: { sqliteThreadFile: file } });
  const waiting = new Map<number, { resolve: (reply: SqliteReply) => void; reject: (err: Error) => void }>();
  let count = 0;
  let failure: Error | undefined;

  function fail(err: Error): void {
    failure = err;
    for (const { reject } of waiting.values()) reject(err);
    waiting.clear();
  }
  thread.on('message', (reply: SqliteReply) => {
    waiting.get(reply.n)?.resolve(reply);
    waiting.delete(reply.n);
  });
  thread.on('error', fail);
  thread.on('exit', () => fail(new Error('the SQLite thread has ended')));

  return {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      if (failure) throw failure;
      count += 1;
      const n = count;
      const reply = await new Promise<SqliteReply>((resolve, reject) => {
        waiting.set(n, { resolve, reject });
        thread.postMessage({ n, sql, parameters: parameters.map(toSqlite) } satisfies SqliteRequest);
      });
      if ('error' in reply) throw new SqliteError(reply.error.message, reply.error.errcode);
      return {
        rows: reply.rows as Row[],
        numAffectedRows: BigInt(reply.changes),
        ...(reply.insertId !== undefined && { insertId: BigInt(reply.insertId) }),
      };
    },
    streamQuery() {
      throw new Error('streams are not offered on SQLite; read in pages');
    },
    async close() {
      if (failure) return;
      const ended = once(thread, 'exit');
      thread.postMessage('close');
      await ended;
    },
  };
}

/** SQLite has no booleans. */
function toSqlite(value: unknown): SQLInputValue {
  if (value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value as SQLInputValue;
}
