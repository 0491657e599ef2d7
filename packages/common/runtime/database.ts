import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import pg from 'pg';
import type { Closers } from './closers.ts';
import { StartError } from './listen.ts';
import type { Logger } from './logger.ts';
import { postgresDialect } from './postgres-dialect.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { lockSqlite } from './sqlite-lock.ts';

export type DatabaseKind = 'sqlite' | 'postgres';

/** Migrations by name, in the order of their names; a name once released never changes. */
export type Migrations = (kind: DatabaseKind) => Record<string, Migration>;

export type OpenDatabaseOptions = {
  /** Names the SQLite folder and the PostgreSQL schema. */
  service: 'users' | 'chat' | 'worker';
  /** PostgreSQL; without it a SQLite file below `dataDir`. */
  databaseUrl: string | undefined;
  dataDir: string;
  migrations: Migrations;
  /** PostgreSQL: the longest that a statement may take. */
  statementTimeoutMs?: number;
  closers: Closers;
  log: Logger;
};

export type Database<Tables> = {
  kind: DatabaseKind;
  db: Kysely<Tables>;
  /** The SQLite file, for who must open it once more; undefined on PostgreSQL. */
  file: string | undefined;
  /** The pool, for statements that Kysely cannot say; undefined on SQLite. */
  pool: pg.Pool | undefined;
  /** What is wrong with the database at the moment, for `/readyz`. */
  check(): Promise<string | undefined>;
  /** SQLite: nothing waits for the lock of somebody else any more, as the process is about to end. */
  hurry(): void;
};

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 15_000;

/** How long a PostgreSQL that is still starting is waited for. */
const START_PATIENCE_MS = 30_000;

/** Only one starting process at a time makes schemas; any fixed number of our own does. */
const SCHEMA_LOCK = 0x7061726c;

/** Opens the service's database with its migrations applied. @throws StartError with what the operator can do */
export async function openDatabase<Tables>(options: OpenDatabaseOptions): Promise<Database<Tables>> {
  const database = options.databaseUrl ? await openPostgres<Tables>(options) : await openSqliteFile<Tables>(options);
  const { kind, db } = database;
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => options.migrations(kind) },
    // Without it the migrator takes the tables of another service's schema for its own.
    ...(kind === 'postgres' && { migrationTableSchema: options.service }),
  });
  const { error } = await migrator.migrateToLatest();
  if (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError(`the database could not be brought up to date: ${why}`, { cause: error });
  }
  return database;
}

async function openSqliteFile<Tables>({ service, dataDir, closers }: OpenDatabaseOptions): Promise<Database<Tables>> {
  const folder = join(dataDir, service);
  // Not for other users of this machine: there are password hashes and messages in it.
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${service}.sqlite`);
  const lock = lockSqlite(file);
  closers.push('sqlite lock', lock.release);
  const dialect = sqliteDialect(file);
  const db = new Kysely<Tables>({ dialect });
  closers.push('database', () => db.destroy());
  return { kind: 'sqlite', db, file, pool: undefined, check: () => checkDatabase(db), hurry: dialect.hurry };
}

async function openPostgres<Tables>(options: OpenDatabaseOptions): Promise<Database<Tables>> {
  const { service, databaseUrl, statementTimeoutMs = STATEMENT_TIMEOUT_MS, closers, log } = options;
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1_000,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    options: `-c search_path=${service}`,
    keepAlive: true,
    types: { getTypeParser },
  });
  // Without a listener, the loss of a connection would end the process; the pool replaces it by itself. The pool listens
  // to idle ones and passes that on; one that is lent out has the listener of its own only.
  pool.on('connect', (client) => client.on('error', (err) => log.warn({ err }, 'a database connection was lost')));
  pool.on('error', () => {});
  closers.push('database', () => pool.end());
  const db = new Kysely<Tables>({ dialect: postgresDialect(pool) });
  await makeSchema(pool, service, log);
  return { kind: 'postgres', db, file: undefined, pool, check: () => checkDatabase(db), hurry() {} };
}

/** Waits for the server, then makes the service's schema. */
async function makeSchema(pool: pg.Pool, schema: string, log: Logger): Promise<void> {
  const deadline = Date.now() + START_PATIENCE_MS;
  for (;;) {
    try {
      // One simple query is one transaction; the lock ends with it.
      await pool.query(`SELECT pg_advisory_xact_lock(${SCHEMA_LOCK}); CREATE SCHEMA IF NOT EXISTS ${schema}`);
      return;
    } catch (err) {
      if (Date.now() > deadline)
        throw new StartError(`PostgreSQL cannot be used: ${(err as Error).message}`, { cause: err });
      log.warn({ err }, 'PostgreSQL cannot be used yet; trying again');
      await delay(500);
    }
  }
}

/** 64-bit integers as numbers: every one that Parley stores is below 2^53. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === pg.types.builtins.INT8 && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format as 'text');

async function checkDatabase<Tables>(db: Kysely<Tables>): Promise<string | undefined> {
  try {
    await sql`SELECT 1`.execute(db);
    return undefined;
  } catch {
    return 'the database does not answer';
  }
}
