import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { MemberRole, Visibility } from '@parley/common/contracts/room';
import type { ParleyError } from '@parley/common/runtime/errors';
import type { EventFeed } from '@parley/common/runtime/event-feed';
import type { Kysely } from 'kysely';
import type { RoomDirectory, Viewer } from './room-directory.ts';
import type { ChatTables } from './tables.ts';

/** Who a post is from, or who made a room. */
export type Sender = { id: string; name: string };

/** One message on its way into a room's log. Exactly one of `text` and `data` is set; `at` is ms since 1970. */
export type Post = {
  room: string;
  /** The life of the room that is meant: in another one, made under the same name since, nothing is written. Undefined: in any. */
  epoch?: string | undefined;
  from: Sender;
  of?: undefined;
  text?: string;
  data?: unknown;
  /** The client's own idempotency key, unique per room and sender. */
  key?: string;
  at: number;
};

/**
 * A change on its way into a room's log, where it is an entry of its own: the message `of` reads `text` from then on, null: its content
 * is erased. `any`: the sender may change what others have written.
 */
export type Change = {
  room: string;
  /** As a post's. */
  epoch?: string | undefined;
  from: Sender;
  of: number;
  text: string | null;
  any: boolean;
  /** As a post's. */
  key?: string;
  at: number;
};

/** What goes into a log. */
export type Write = Post | Change;

/** A post's or a change's place in the log. For a repeated key (`duplicate`) it is the place and time of the first one. */
export type Appended = { seq: number; epoch: string; at: number; duplicate: boolean };

/**
 * What became of one post or change: its place, or why it has none (CONFLICT: the key was used for other content; NOT_FOUND: no
 * such room (any more), or no such message (any more); FORBIDDEN: somebody else's message; UNAVAILABLE: not known to be committed, may be repeated
 * with the same key).
 */
export type AppendResult = Appended | ParleyError;

/** A room as stored. `head` is the last `seq` (0: empty), `oldest` the first one still served (`head + 1`: none). */
export type RoomHead = {
  room: string;
  epoch: string;
  head: number;
  oldest: number;
  visibility: Visibility;
  createdBy: Sender;
  createdAt: number;
  topic: string;
  /** Grows with each change of the room's settings. */
  version: number;
};

/** A room, and what a user is in it; undefined: nothing. */
export type RoomAccess = { head: RoomHead; role: MemberRole | undefined };

/** How to create a room that does not exist yet. `limits`: how many rooms there may be in all, and made by this user. */
export type RoomCreation = {
  by: Sender & { guest: boolean };
  visibility: Visibility;
  limits: { total: number; perUser: number };
  topic?: string;
  /** The other one of a direct room. */
  peer?: Sender;
};

/**
 * A stretch of a log in `seq` order, contiguous unless it is of messages only. It may be shorter than asked for (a read is bounded in
 * bytes as well), but is empty only when nothing is there.
 */
export type LogPage = { entries: LogEntry[]; epoch: string; head: number; oldest: number };

/** A user's mark in a room, as it is kept. `at`: ms since 1970. */
export type SeenRow = { user: Sender; seq: number; at: number };

export type OnEntries = (room: string, epoch: string, entries: LogEntry[]) => void;

/** The durable logs of all rooms. One implementation per kind of database, one conformance suite for both. */
export interface RoomLog {
  /** The room, made if `create` is given and there is none (with its `room.created`, in one transaction, safe in a race). LIMIT_REACHED. */
  openRoom(room: string, create?: RoomCreation): Promise<RoomHead | undefined>;

  /**
   * Appends a batch in ONE transaction, results in the batch's order. With a change, the message and the earlier changes of it read as
   * it does. What cannot be stored consumes no `seq`, and keeps nothing else from being stored. Rejects when the transaction as a whole failed: with BAD_MESSAGE
   * when some entry's data is at fault (retry in halves), else with UNAVAILABLE (retry later). No `seq` is consumed then.
   */
  append(batch: readonly Write[]): Promise<AppendResult[]>;

  /** Entries with `seq >= from` (or from `oldest`, when that is later). NOT_FOUND. */
  read(room: string, from: number, limit: number): Promise<LogPage>;

  /** The same without changes: messages only. NOT_FOUND. */
  readMessages(room: string, from: number, limit: number): Promise<LogPage>;

  /** The last messages with `seq < before` (default: the newest), in ascending order. NOT_FOUND. */
  readBack(room: string, before: number | undefined, limit: number): Promise<LogPage>;

  /** Public rooms by name, and those others that the viewer may see; `page` starts at 1. */
  rooms(page: number, perPage: number, viewer?: Viewer): Promise<{ items: RoomHead[]; total: number }>;

  /** The room, if there is one, and what a user is in it. */
  access(room: string, user: string): Promise<RoomAccess | undefined>;

  /** Rooms and their members, where they are changed. */
  readonly directory: RoomDirectory;

  /** How far users have seen the room as it is now, by their ids; `page` starts at 1. NOT_FOUND. */
  seen(room: string, page: number, perPage: number): Promise<{ epoch: string; items: SeenRow[]; total: number }>;

  /** Runs a transaction of other tables of this database; on SQLite between two batches. */
  write<T>(change: (trx: Kysely<ChatTables>) => Promise<T>): Promise<T>;

  /**
   * Names who is told of entries that turned out to be committed after their posts had been answered UNAVAILABLE (the answer to a
   * COMMIT was lost). The commit queue takes this; nobody else needs to.
   */
  onFound(listener: OnEntries): void;

  /** What waits for the database fails soon (UNAVAILABLE), if that can be, instead of keeping the process. For its end. */
  hurry(): void;

  /** What keeps the log from working (for `/readyz`), or undefined. */
  health(): string | undefined;

  /** Events of rooms and messages, in commit order, over the same database. */
  readonly feed: EventFeed;

  close(): Promise<void>;
}
