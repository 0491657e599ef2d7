import { mkdtemp, rm, stat } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ColumnDefinitionBuilder, type Generated, sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { createClosers } from './closers.ts';
import { type Database, type Migrations, type OpenDatabaseOptions, openDatabase } from './database.ts';
import { databaseAway, isUniqueViolation } from './database-errors.ts';
import { listenTcp } from './listen.ts';
import { silentLogger } from './logger.ts';
import { describeEachDatabase, describePostgres, type TestDatabase } from './test-databases.ts';

type Tables = { notes: { id: Generated<number>; text: string; size: number } };

const migrations: Migrations = (kind) => ({
  '0001-notes': {
    async up(db) {
      const id = (column: ColumnDefinitionBuilder) =>
        kind === 'sqlite' ? column.primaryKey().autoIncrement() : column.primaryKey().generatedAlwaysAsIdentity();
      await db.schema
        .createTable('notes')
        .addColumn('id', kind === 'sqlite' ? 'integer' : 'bigint', id)
        .addColumn('text', 'text', (column) => column.notNull().unique())
        .addColumn('size', 'bigint', (column) => column.notNull())
        .execute();
    },
  },
});

const opened: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

async function open(where: TestDatabase, options: Partial<OpenDatabaseOptions> = {}): Promise<Database<Tables>> {
  const closers = createClosers();
  opened.push(() => closers.close());
  const { dataDir, databaseUrl } = where;
  const defaults = { service: 'users', databaseUrl, dataDir, migrations, closers, log: silentLogger() } as const;
  return openDatabase<Tables>({ ...defaults, ...options });
}

const isAway = (err: unknown) => databaseAway(err) !== undefined;

async function closeAll(): Promise<void> {
  for (const close of opened.splice(0).toReversed()) await close();
}

describeEachDatabase('a database', (databases) => {
  test('keeps its rows over a restart and applies each migration once', async () => {
    const where = await databases.create();
    const first = await open(where);
    await first.db
      .insertInto('notes')
      .values({ text: 'kept', size: 2 ** 52 })
      .execute();
    await closeAll();
    const second = await open(where);
    expect(await second.db.selectFrom('notes').select(['text', 'size']).execute()).toEqual([
      { text: 'kept', size: 2 ** 52 },
    ]);
    expect(await second.check()).toBeUndefined();
  });

  test('leaves nothing of a transaction that failed', async () => {
    const { db } = await open(await databases.create());
    const failed = db.transaction().execute(async (trx) => {
      await trx.insertInto('notes').values({ text: 'gone', size: 1 }).execute();
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    expect(await db.selectFrom('notes').selectAll().execute()).toEqual([]);
  });

  test('knows a row that is there already, and goes on', async () => {
    const { db } = await open(await databases.create());
    const insert = () => db.insertInto('notes').values({ text: 'once', size: 1 }).returning('id').execute();
    expect(await insert()).toEqual([{ id: 1 }]);
    await expect(insert()).rejects.toSatisfy(isUniqueViolation);
    const { count } = await db
      .selectFrom('notes')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    expect(count).toBe(1);
  });

  test('services that share a database do not see each other', async () => {
    const where = await databases.create();
    const users = await open(where);
    const chat = await open(where, { service: 'chat' });
    await users.db.insertInto('notes').values({ text: 'of users', size: 1 }).execute();
    expect(await chat.db.selectFrom('notes').selectAll().execute()).toEqual([]);
  });

  test('many transactions at once all take place', async () => {
    const { db } = await open(await databases.create());
    await db.insertInto('notes').values({ text: 'counter', size: 0 }).execute();
    const increment = () =>
      db.transaction().execute((trx) =>
        trx
          .updateTable('notes')
          .set((eb) => ({ size: eb('size', '+', 1) }))
          .execute(),
      );
    await Promise.all(Array.from({ length: 30 }, increment));
    expect(await db.selectFrom('notes').select('size').execute()).toEqual([{ size: 30 }]);
  });
});

test('a SQLite file is for its own user only', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'parley-database-'));
  const dataDir = join(parent, 'data');
  await open({ dataDir });
  for (const folder of [dataDir, join(dataDir, 'users')]) expect((await stat(folder)).mode & 0o777).toBe(0o700);
  await closeAll();
  await rm(parent, { recursive: true });
});

describeEachDatabase('a migration that ends half-way', (databases) => {
  test('leaves nothing, so that the next start makes it whole', async () => {
    const where = await databases.create();
    const half: Migrations = (kind) => ({
      '0001-notes': {
        async up(db) {
          await migrations(kind)['0001-notes']?.up(db);
          throw new Error('killed here');
        },
      },
    });
    await expect(open(where, { migrations: half })).rejects.toThrow('could not be brought up to date: killed here');
    await closeAll();
    const { db } = await open(where);
    expect(await db.selectFrom('notes').selectAll().execute()).toEqual([]);
  });
});

describePostgres('PostgreSQL', (databases) => {
  test('several nodes that start at the same time on an empty database all come up', async () => {
    const where = await databases.create();
    const nodes = await Promise.all([
      open(where),
      open(where),
      open(where, { service: 'chat' }),
      open(where, { service: 'chat' }),
    ]);
    for (const { db } of nodes) expect(await db.selectFrom('notes').selectAll().execute()).toEqual([]);
  });

  test('a connection that is lost in the middle of a transaction fails that transaction and nothing else', async () => {
    const { db } = await open(await databases.create());
    const lost = db.transaction().execute(async (trx) => {
      await trx.insertInto('notes').values({ text: 'lost', size: 1 }).execute();
      await sql`SELECT pg_terminate_backend(pg_backend_pid())`.execute(trx);
    });
    await expect(lost).rejects.toThrow();
    expect(await db.selectFrom('notes').selectAll().execute()).toEqual([]);
  });

  test('a connection that has gone silent is not lent again', async () => {
    const { dataDir, databaseUrl = '' } = await databases.create();
    const way = await openWay(databaseUrl);
    const { db } = await open({ dataDir, databaseUrl: way.url }, { statementTimeoutMs: 100 });
    const read = () => db.selectFrom('notes').selectAll().execute();
    await read();
    way.silence();
    await expect(read()).rejects.toSatisfy(isAway);
    expect(await read()).toEqual([]);
    way.silence();
    const transaction = db.transaction().execute((trx) => trx.selectFrom('notes').selectAll().execute());
    await expect(transaction).rejects.toSatisfy(isAway);
    expect(await read()).toEqual([]);
  });
});

/** A way to a server. `silence`: nothing comes through the connections that are open, and nobody is told. */
async function openWay(serverUrl: string): Promise<{ url: string; silence(): void }> {
  const target = new URL(serverUrl);
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    sockets.push(client, upstream);
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.pipe(upstream).pipe(client);
  });
  opened.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = await listenTcp(server, { host: '127.0.0.1', port: 0, setting: 'none' });
  return {
    url: Object.assign(new URL(serverUrl), { port: String(port) }).href,
    silence() {
      for (const socket of sockets) socket.unpipe().pause();
    },
  };
}
