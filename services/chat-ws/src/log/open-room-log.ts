import { createClosers } from '@parley/common/runtime/closers';
import type { Database } from '@parley/common/runtime/database';
import { databaseAway } from '@parley/common/runtime/database-errors';
import { createEventFeed } from '@parley/common/runtime/event-feed';
import type { Logger } from '@parley/common/runtime/logger';
import { repeat } from '@parley/common/runtime/repeat';
import type { Kysely } from 'kysely';
import type { Appender } from './appender.ts';
import { createRoom } from './create-room.ts';
import { createHealth } from './health.ts';
import { noSuchRoom } from './log-reader.ts';
import { loadMessages } from './message-events.ts';
import { openPostgresAppender } from './postgres-appender.ts';
import { createPostgresReader } from './postgres-reader.ts';
import { createRetention, type RetentionLimits } from './retention.ts';
import { createRoomDirectory, type RoomDirectory } from './room-directory.ts';
import type { RoomCreation, RoomHead, RoomLog } from './room-log.ts';
import { listRooms } from './rooms.ts';
import { listSeen } from './seen.ts';
import { openSqliteAppender } from './sqlite-appender.ts';
import { openSqliteReader } from './sqlite-reader.ts';
import type { ChatTables } from './tables.ts';

export type RoomLogOptions = {
  /** Opened with `chatMigrations`. It is closed by who opened it, after this log. */
  database: Database<ChatTables>;
  retention: RetentionLimits;
  /** Pause between two looks for what is past its time. */
  sweepMs: number;
  /** PostgreSQL: the longest that one statement of an append may take, and that a batch may wait for a lost answer to COMMIT. */
  statementTimeoutMs: number;
  settleMs: number;
  log: Logger;
  /** For tests only: how long each commit on SQLite takes longer than it does. */
  commitDelayMs?: number;
};

/** Room logs in the service's database: see RoomLog. */
export function openRoomLog(options: RoomLogOptions): RoomLog & { sweep(now: number): Promise<void> } {
  const { database, log } = options;
  const { db, kind, file } = database;
  const reader = file === undefined ? createPostgresReader(db) : openSqliteReader({ file });
  const feed = createEventFeed({ database, load: (rows) => loadMessages(database, rows) });
  const appender = openAppender(options);
  const health = createHealth({ probe: appender.probe, log });
  // The connection first, then the turn, always: who had the turn and waited for SQLite's one connection would let every post wait for those
  // who read by it; and two who took them in different orders would wait for each other.
  const exclusive = <T>(task: (connection: Kysely<ChatTables>) => Promise<T>) =>
    db.connection().execute((connection) => appender.exclusive(() => task(connection)));
  const write = <T>(change: (trx: Kysely<ChatTables>) => Promise<T>) =>
    exclusive((connection) => connection.transaction().execute(change));
  const retention = createRetention({ limits: options.retention, db, kind, write, exclusive, feed });

  const closers = createClosers(log);
  closers.push('reader of the room log', reader.close);
  closers.push('appender of the room log', appender.close);
  closers.push('health of the room log', health.close);
  const sweep = () => retention.sweep(Date.now(), closers.closing);
  repeat(sweep, { name: 'retention of the room log', everyMs: options.sweepMs, log, closers });

  async function openRoom(name: string, create?: RoomCreation): Promise<RoomHead | undefined> {
    const room = await reader.find(name);
    if (room || !create) return room;
    const made = await write((trx) => createRoom(trx, { name, create, feed, kind, at: Date.now() }));
    if (made) feed.notify();
    return reader.find(name);
  }

  async function readSeen(name: string, page: number, perPage: number) {
    const room = await reader.find(name);
    if (!room) throw noSuchRoom();
    return { epoch: room.epoch, ...(await listSeen(db, room, { page, perPage })) };
  }

  return {
    openRoom: (name, create) => reached(openRoom(name, create)),
    async append(batch) {
      try {
        const results = await appender.append(batch);
        feed.notify();
        return results;
      } catch (error) {
        health.failed(error);
        throw error;
      }
    },
    read: (room, from, limit) => reached(reader.read(room, { from, limit })),
    readMessages: (room, from, limit) => reached(reader.read(room, { from, limit, messages: true })),
    readBack: (room, before, limit) => reached(reader.read(room, { before: before ?? Number.MAX_SAFE_INTEGER, limit })),
    rooms: (page, perPage, viewer) => reached(listRooms(db, { page, perPage, viewer })),
    access: (room, user) => reached(reader.access(room, user)),
    directory: reachedAll(createRoomDirectory({ db, kind, feed, write })),
    seen: (room, page, perPage) => reached(readSeen(room, page, perPage)),
    write: (change) => reached(write(change)),
    onFound: appender.onFound,
    hurry() {
      appender.hurry();
      database.hurry();
    },
    health: health.problem,
    feed,
    sweep: (now) => retention.sweep(now),
    close: () => closers.close(),
  };
}

/** A database that cannot be used now is UNAVAILABLE. */
async function reached<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (err) {
    throw databaseAway(err) ?? err;
  }
}

function reachedAll(directory: RoomDirectory): RoomDirectory {
  return {
    create: (...about) => reached(directory.create(...about)),
    change: (...about) => reached(directory.change(...about)),
    delete: (...about) => reached(directory.delete(...about)),
    member: (...about) => reached(directory.member(...about)),
    members: (...about) => reached(directory.members(...about)),
    setMember: (...about) => reached(directory.setMember(...about)),
    forgetUser: (...about) => reached(directory.forgetUser(...about)),
  };
}

function openAppender(options: RoomLogOptions): Appender {
  const { database, retention, statementTimeoutMs, settleMs, log } = options;
  const { keyMaxAgeMs } = retention;
  if (database.pool)
    return openPostgresAppender({ pool: database.pool, keyMaxAgeMs, statementTimeoutMs, settleMs, log });
  if (database.file === undefined) throw new Error('a database has either a pool or a file');
  return openSqliteAppender({ file: database.file, keyMaxAgeMs, commitDelayMs: options.commitDelayMs ?? 0 });
}
