import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { chatMigrations } from '@parley/chat-ws/log/migrations';
import { createClosers } from '@parley/common/runtime/closers';
import { openDatabase } from '@parley/common/runtime/database';
import { createLogger } from '@parley/common/runtime/logger';
import { openSqlite } from '@parley/common/runtime/open-sqlite';
import { serveParent } from '../serve-parent.ts';
import { RandomKeys } from './random-keys.ts';

/** Commits for so long, or so many times with a pause after each. */
export type BareCommits = { rowsPerCommit: number } & ({ forMs: number } | { times: number; pauseMs: number });
export type BareResult = { rowsPerSecond: number; commitMs: number[] };

const senders = Array.from({ length: 100 }, (_, index) => `g_${String(index).padStart(16, '0')}`);
const name = 'guest-client-abcd';
const text = 'x'.repeat(128);
const contents = 'x'.repeat(33);
const roomId = 1;
const [, , dataDir = ''] = process.argv;

/**
 * The bare group-commit loop: writes the rows that a post's commit writes, into chat-ws's own tables and indexes, with random keys of a
 * hundred senders, and does nothing else: no socket, no JSON, no thread.
 */
async function openTables() {
  const closers = createClosers();
  const log = createLogger({ name: 'bare-commits', level: 'error' });
  await openDatabase({ service: 'chat', databaseUrl: undefined, dataDir, migrations: chatMigrations, closers, log });
  await closers.close();
  return openSqlite(join(dataDir, 'chat', 'chat.sqlite'));
}

const database = await openTables();
database.exec(
  `INSERT INTO rooms (id, name, epoch, visibility, head, oldest, stored, created_by, created_by_name, created_at)
   VALUES (${roomId}, 'crowd', '0123456789ab', 'public', 0, 1, 1, '${senders[0]}', '${name}', 0)`,
);
const moveHead = database.prepare('UPDATE rooms SET head = ? WHERE id = ?');
const insertKey = database.prepare(
  'INSERT INTO post_keys (room_id, sender_id, key, seq, content_hash, at) VALUES (?, ?, ?, ?, ?, ?)',
);
const insertMessage = database.prepare(
  'INSERT INTO messages (room_id, seq, at, sender_id, sender_name, text, data) VALUES (?, ?, ?, ?, ?, ?, NULL)',
);
const insertEvent = database.prepare(
  "INSERT INTO events (event_id, type, at, ref_id, ref_seq) VALUES (?, 'message.posted', ?, ?, ?)",
);
const keys = new RandomKeys();
let seq = 0;

/** Gives the ms it took. */
function commit(rows: number): number {
  const begun = performance.now();
  const at = Date.now();
  database.exec('BEGIN IMMEDIATE');
  for (let row = 0; row < rows; row++) {
    seq += 1;
    const sender = senders[seq % senders.length]!;
    insertKey.run(roomId, sender, keys.next(), seq, contents, at);
    insertMessage.run(roomId, seq, at, sender, name, text);
    insertEvent.run(`message~posted:crowd:0123456789ab:${seq}`, at, roomId, seq);
  }
  moveHead.run(seq, roomId);
  database.exec('COMMIT');
  return performance.now() - begun;
}

serveParent(async ({ rowsPerCommit, ...how }: BareCommits): Promise<BareResult> => {
  const commitMs: number[] = [];
  const begun = performance.now();
  if ('forMs' in how) {
    while (performance.now() - begun < how.forMs) commitMs.push(commit(rowsPerCommit));
  } else {
    for (let time = 0; time < how.times; time++) {
      commitMs.push(commit(rowsPerCommit));
      await delay(how.pauseMs);
    }
  }
  const seconds = (performance.now() - begun) / 1_000;
  return { rowsPerSecond: (commitMs.length * rowsPerCommit) / seconds, commitMs };
});
