import type { SQLInputValue } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { openCalls } from './sqlite-call.ts';
import type { SqliteRequest, SqliteResult, SqliteThreadData } from './sqlite-thread.ts';

/** A Kysely dialect over one SQLite connection that lives in a thread of its own; `hurry`: as of SqliteCalls. */
export function sqliteDialect(file: string): Dialect & { hurry(): void } {
  const { driver, hurry } = createDriver({ file });
  return {
    hurry,
    createAdapter,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createDriver: () => driver,
  };
}

/** Kysely believes that SQLite cannot undo DDL: a migration that is killed half-way would then be stuck for ever. */
function createAdapter(): DialectAdapter {
  return Object.defineProperty(new SqliteAdapter(), 'supportsTransactionalDdl', { value: true });
}

/** Kysely lends the one connection to one user at a time: a transaction has it for itself. */
function createDriver(data: SqliteThreadData): { driver: Driver; hurry(): void } {
  let connection: Connection | undefined;
  const driver: Driver = {
    async init() {},
    async acquireConnection() {
      // A thread that died has taken with it what was not committed; another one goes on.
      if (!connection || connection.hasEnded) connection = openConnection(data);
      return connection;
    },
    async releaseConnection() {},
    async beginTransaction(used) {
      await used.executeQuery(CompiledQuery.raw('BEGIN IMMEDIATE'));
    },
    async commitTransaction(used) {
      await used.executeQuery(CompiledQuery.raw('COMMIT'));
    },
    async rollbackTransaction() {
      const used = connection;
      // The caller is told what failed before. Who cannot even go back is not lent again.
      await used?.rollback().catch(() => {
        connection = undefined;
        return used.close();
      });
    },
    async destroy() {
      await connection?.close();
    },
  };
  return { driver, hurry: () => connection?.hurry() };
}

type Connection = ReturnType<typeof openConnection>;

function openConnection(data: SqliteThreadData) {
  const file = new URL('./sqlite-thread.ts', import.meta.url);
  // Who waits for a thread that dies is told so (UNAVAILABLE), and the next one gets another.
  const calls = openCalls<SqliteRequest, SqliteResult>(file, data, () => {});

  async function executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { rows, changes, insertId } = await calls.ask({ sql, parameters: parameters.map(toSqlite) });
    return {
      rows: rows as Row[],
      numAffectedRows: BigInt(changes),
      ...(insertId !== undefined && { insertId: BigInt(insertId) }),
    };
  }

  return {
    executeQuery,
    streamQuery(): never {
      throw new Error('streams are not offered on SQLite; read in pages');
    },
    rollback: () => calls.ask('rollback'),
    get hasEnded() {
      return calls.hasEnded;
    },
    hurry: calls.hurry,
    close: calls.close,
  } satisfies DatabaseConnection & Record<string, unknown>;
}

/** SQLite has no booleans. */
function toSqlite(value: unknown): SQLInputValue {
  if (value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value as SQLInputValue;
}
