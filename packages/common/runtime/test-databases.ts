import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, describe, inject, test } from 'vitest';
import type { TestPostgres } from './test-postgres.ts';

/** Where one test keeps its data: the settings a service would get. Without `databaseUrl` it is SQLite below `dataDir`. */
export type TestDatabase = { dataDir: string; databaseUrl?: string };

/** A new, empty database for each call; all of them are erased after the last test. Close what is open on them before. */
export type TestDatabases = { kind: 'sqlite' | 'postgres'; create(): Promise<TestDatabase> };

/**
 * Runs the same tests on SQLite and on PostgreSQL. Without a PostgreSQL server the second half is skipped, or fails when
 * `PARLEY_TEST_REQUIRE_SERVICES=1`.
 */
export function describeEachDatabase(name: string, define: (databases: TestDatabases) => void): void {
  describe(`${name} (SQLite)`, () => define(sqliteDatabases()));
  describePostgres(`${name} (PostgreSQL)`, define);
}

/** Tests of what only PostgreSQL does. */
export function describePostgres(name: string, define: (databases: TestDatabases) => void): void {
  const postgres: TestPostgres = inject('postgres');
  if ('control' in postgres) {
    describe(name, () => define(postgresDatabases(postgres.control)));
  } else if (postgres.required) {
    test(name, () => {
      throw new Error(`${postgres.missing}, and PARLEY_TEST_REQUIRE_SERVICES is set`);
    });
  } else {
    describe.skip(`${name}: ${postgres.missing}`, () => define({ kind: 'postgres', create: neverCalled }));
  }
}

async function neverCalled(): Promise<TestDatabase> {
  throw new Error('There is no database server.');
}

function sqliteDatabases(): TestDatabases {
  const erase = eraseAfterAll();
  return {
    kind: 'sqlite',
    async create() {
      const dataDir = await temporaryFolder();
      erase.push(() => rm(dataDir, { recursive: true, force: true }));
      return { dataDir };
    },
  };
}

function postgresDatabases(control: string): TestDatabases {
  const erase = eraseAfterAll();
  return {
    kind: 'postgres',
    async create() {
      const response = await fetch(control, { signal: AbortSignal.timeout(60_000) });
      const url = await response.text();
      if (!response.ok) throw new Error(url);
      const name = `test_${randomBytes(6).toString('hex')}`;
      await execute(url, `create database ${name}`);
      const dataDir = await temporaryFolder();
      erase.push(() => rm(dataDir, { recursive: true, force: true }));
      erase.push(() => execute(url, `drop database ${name} with (force)`));
      return { dataDir, databaseUrl: Object.assign(new URL(url), { pathname: `/${name}` }).href };
    },
  };
}

function eraseAfterAll(): (() => Promise<void>)[] {
  const erasers: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const erase of erasers.toReversed()) await erase();
  });
  return erasers;
}

const temporaryFolder = () => mkdtemp(join(tmpdir(), 'parley-test-'));

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
