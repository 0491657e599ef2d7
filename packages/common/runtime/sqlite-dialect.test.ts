import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { Kysely, sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { databaseAway } from './database-errors.ts';
import { sqliteDialect } from './sqlite-dialect.ts';

type Tables = { notes: { text: string } };

/** A database with an empty table, and the thread that its statements run in. */
async function open() {
  const folder = await mkdtemp(join(tmpdir(), 'parley-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const started = Promise.withResolvers<Worker>();
  process.once('worker', started.resolve);
  const db = new Kysely<Tables>({ dialect: sqliteDialect(join(folder, 'a.sqlite')) });
  onTestFinished(() => db.destroy());
  await sql`CREATE TABLE notes (text TEXT NOT NULL)`.execute(db);
  return { db, thread: await started.promise };
}

const texts = async (db: Kysely<Tables>) =>
  (await db.selectFrom('notes').select('text').execute()).map((row) => row.text);
const add = (db: Kysely<Tables>, text: string) => db.insertInto('notes').values({ text }).execute();

test('a disk that is full in the middle of a transaction is said to be full, undoes it, and may have room later', async () => {
  const { db } = await open();
  await sql`PRAGMA max_page_count = 12`.execute(db);
  const failed = db.transaction().execute(async (trx) => {
    await add(trx, 'small');
    await add(trx, 'x'.repeat(100_000));
  });
  const error = await failed.catch((err: unknown) => err);
  expect(error).toMatchObject({ name: 'SqliteError', message: 'database or disk is full', errcode: 13 });
  expect(databaseAway(error)).toMatchObject({ code: 'UNAVAILABLE' });
  await sql`PRAGMA max_page_count = 1000`.execute(db);
  await db.transaction().execute((trx) => add(trx, 'later'));
  expect(await texts(db)).toEqual(['later']);
});

test('a thread that dies fails who waits for it, undoes its transaction, and is replaced', async () => {
  const { db, thread } = await open();
  const lost = db.transaction().execute(async (trx) => {
    await add(trx, 'lost');
    const waiting = add(trx, 'lost too');
    await thread.terminate();
    await waiting;
  });
  const after = add(db, 'kept');
  const error = await lost.catch((err: unknown) => err);
  expect(databaseAway(error)).toMatchObject({ code: 'UNAVAILABLE' });
  await after;
  expect(await texts(db)).toEqual(['kept']);
});
