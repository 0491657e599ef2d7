import { createClosers } from '@parley/common/runtime/closers';
import { openDatabase } from '@parley/common/runtime/database';
import { silentLogger } from '@parley/common/runtime/logger';
import { createCommitQueue } from '../../src/log/commit-queue.ts';
import { chatMigrations } from '../../src/log/migrations.ts';
import { openRoomLog } from '../../src/log/open-room-log.ts';
import type { ChatTables } from '../../src/log/tables.ts';

/**
 * A process that posts for as long as it is let: arguments are the database's place as JSON, the room, and the number of the first post.
 * Post `n` has the key and the text `n`. Each answer is a line `n seq` on stdout (not by writeSync: that fails
 * with EAGAIN when the reader is slow).
 */
const [place = '', room = '', first = ''] = process.argv.slice(2);
const { dataDir, databaseUrl } = JSON.parse(place);
const closers = createClosers();
const database = await openDatabase<ChatTables>({
  service: 'chat',
  databaseUrl,
  dataDir,
  migrations: chatMigrations,
  closers,
  log: silentLogger(),
});
const log = openRoomLog({
  database,
  retention: { maxEntries: 1e6, maxAgeMs: 1e12, eventMaxAgeMs: 1e12, keyMaxAgeMs: 1e12, guestMaxAgeMs: 1e12 },
  sweepMs: 10,
  statementTimeoutMs: 10_000,
  settleMs: 5_000,
  log: silentLogger(),
});
const queue = createCommitQueue(log, {
  maxBatch: 50,
  maxWaiting: 1_000,
  maxWaitingChars: 1_000_000,
  onCommitted() {},
  log: silentLogger(),
});

/** To throw would be caught by the queue, and nobody would ever hear of it. */
function fail(error: Error): never {
  process.stderr.write(`${error.message} ${(error.cause as Error | undefined)?.stack}\n`);
  process.exit(1);
}

// It ends with the test, however that ends.
process.stdin.resume().once('end', () => process.exit(1));

let next = Number(first);
function postOne(): void {
  const n = `${next}`;
  next += 1;
  queue.post({ room, from: { id: 'u_ada', name: 'ada' }, text: n, key: n, at: Date.now() }, (result) => {
    if (result instanceof Error) return fail(result);
    process.stdout.write(`${n} ${result.seq}\n`);
    postOne();
  });
}
for (let i = 0; i < 120; i++) postOne();
