import { DatabaseSync } from 'node:sqlite';
import { SqliteError } from '@parley/common/runtime/sqlite-error';
import { expect, test } from 'vitest';
import { sqliteAppendError } from './append-errors.ts';
import { decodeResults, encodeBatch } from './append-wire.ts';
import { prepareAppend } from './sqlite-append.ts';

/** The tables as migrations.ts makes them, where they matter here. */
const TABLES = `
  CREATE TABLE rooms (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL, head BIGINT NOT NULL,
    oldest BIGINT NOT NULL DEFAULT 1, deleted_at BIGINT);
  CREATE TABLE messages (room_id, seq, at, sender_id, sender_name, text, data, of_seq, PRIMARY KEY (room_id, seq)) WITHOUT ROWID;
  CREATE INDEX messages_by_latest_change ON messages (room_id, of_seq) WHERE of_seq IS NOT NULL AND text IS NOT NULL;
  CREATE TABLE post_keys (id INTEGER PRIMARY KEY AUTOINCREMENT, room_id, sender_id, key, seq, content_hash, at,
    UNIQUE (room_id, sender_id, key));
  CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, event_id, type, at, data, ref_id, ref_seq);
  CREATE TABLE feed_state (epoch TEXT NOT NULL);
  INSERT INTO feed_state VALUES ('e');
  INSERT INTO rooms (name, epoch, head) VALUES ('lobby', 'e', 0);`;

function open() {
  const database = new DatabaseSync(':memory:');
  database.exec(TABLES);
  return { database, log: prepareAppend(database, { keyMaxAgeMs: 1_000, beforeCommit() {} }) };
}

const from = { id: 'u_ada', name: 'ada' };

test('a full disk leaves nothing half-written, and writing goes on when there is room again', () => {
  const { database, log } = open();
  const batch = (key: string) =>
    encodeBatch([
      { room: 'lobby', from, text: 'small', key, at: 1 },
      { room: 'lobby', from, text: 'x'.repeat(60_000), at: 1 },
    ]);
  log.append(batch('first'));
  const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number };
  database.exec(`PRAGMA max_page_count = ${pages + 2}`);
  let error: unknown;
  try {
    log.append(batch('second'));
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ errcode: 13 });
  for (const table of ['messages', 'events'])
    expect(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()).toEqual({ count: 2 });
  expect(database.prepare('SELECT count(*) AS count FROM post_keys').get()).toEqual({ count: 1 });
  database.exec('PRAGMA max_page_count = 100000');
  log.probe();
  expect(decodeResults(log.append(batch('second')))).toMatchObject([{ seq: 3, duplicate: false }, { seq: 4 }]);
});

test('a failed commit consumes no seq', () => {
  const database = new DatabaseSync(':memory:');
  database.exec(TABLES);
  let failing = true;
  const log = prepareAppend(database, {
    keyMaxAgeMs: 1_000,
    beforeCommit() {
      if (failing) throw new Error('the disk is gone');
    },
  });
  const batch = encodeBatch([{ room: 'lobby', from, text: 'a', key: 'k', at: 1 }]);
  expect(() => log.append(batch)).toThrow('the disk is gone');
  failing = false;
  expect(decodeResults(log.append(batch))).toEqual([{ seq: 1, epoch: 'e', at: 1, duplicate: false }]);
});

test('tells errors of an entry’s data from those of the database', () => {
  const code = (errcode: number | undefined) => sqliteAppendError(new SqliteError('no', errcode)).code;
  expect([18, 20, 275, 1299, 1811].map(code)).toEqual(Array(5).fill('BAD_MESSAGE'));
  // BUSY, IOERR_FSYNC, FULL, a broken unique index (the head was wrong), no SQLite error at all.
  expect([5, 1034, 13, 2067, undefined].map(code)).toEqual(Array(5).fill('UNAVAILABLE'));
});

test('a room that others have deleted, and made anew, between two batches is seen as it is', () => {
  const { database, log } = open();
  const append = (epoch: string | undefined, key: string) =>
    decodeResults(log.append(encodeBatch([{ room: 'lobby', epoch, from, text: 'hello', key, at: 1 }])));
  const stored = () => database.prepare('SELECT room_id, seq FROM messages').all();
  expect(append(undefined, 'a')).toMatchObject([{ seq: 1, epoch: 'e' }]);
  database.exec("UPDATE rooms SET deleted_at = 5, name = 'lobby (deleted)'");
  expect(append(undefined, 'b')).toMatchObject([{ code: 'NOT_FOUND' }]);
  expect(stored()).toEqual([{ room_id: 1, seq: 1 }]);

  database.exec("INSERT INTO rooms (name, epoch, head) VALUES ('lobby', 'f', 0)");
  expect(append(undefined, 'c')).toMatchObject([{ seq: 1, epoch: 'f' }]);
  database.exec("UPDATE rooms SET deleted_at = 5, name = 'lobby (deleted twice)' WHERE epoch = 'f'");
  database.exec("INSERT INTO rooms (name, epoch, head) VALUES ('lobby', 'g', 0)");
  expect(append('f', 'd')).toMatchObject([{ code: 'NOT_FOUND' }]);
  expect(append('g', 'e')).toMatchObject([{ seq: 1, epoch: 'g' }]);
  expect(stored()).toHaveLength(3);
});
