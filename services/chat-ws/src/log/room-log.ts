import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { Visibility } from '@parley/common/contracts/room';
import type { ParleyError } from '@parley/common/runtime/errors';
import type { EventFeed } from '@parley/common/runtime/event-feed';

/** Who a post is from, or who made a room. */
export type Sender = { id: string; name: string };

/** One message on its way into a room's log. Exactly one of `text` and `data` is set; `at` is ms since 1970. */
export type Post = {
  room: string;
  from: Sender;
  text?: string;
  data?: unknown;
  /** The client's own idempotency key, unique per room and sender. */
  key?: string;
  at: number;
};

/** A post's place in the log. For a repeated key (`duplicate`) it is the place and time of the first one. */
export type Appended = { seq: number; epoch: string; at: number; duplicate: boolean };

/**
 * What became of one post: its place, or why it has none (CONFLICT: the key was used for other content; NOT_FOUND: no
 * such room; UNAVAILABLE: not known to be committed, may be repeated with the same key).
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
};

/** How to create a room that does not exist yet. `limits`: how many rooms there may be in all, and made by this user. */
export type RoomCreation = {
  by: Sender & { guest: boolean };
  visibility: Visibility;
  limits: { total: number; perUser: number };
};

/**
 * A contiguous stretch of a log in `seq` order. It may be shorter than asked for (a read is bounded in bytes as well), but is empty
 * only when nothing is there: compare the last `seq` with `head` (or the first with `oldest`) to see whether there is more.
 */
export type LogPage = { entries: LogEntry[]; epoch: string; head: number; oldest: number };

export type OnEntries = (room: string, epoch: string, entries: LogEntry[]) => void;

/** The durable logs of all rooms. One implementation per kind of database, one conformance suite for both. */
export interface RoomLog {
  /** The room, made if `create` is given and there is none (with its `room.created`, in one transaction, safe in a race). LIMIT_REACHED. */
  openRoom(room: string, create?: RoomCreation): Promise<RoomHead | undefined>;

  /**
   * Appends a batch in ONE transaction, results in the batch's order. Rejects when the transaction as a whole failed: with UNAVAILABLE
   * (retry later), or with anything else when some entry's data is at fault (retry in halves). No `seq` is consumed then.
   */
  append(batch: readonly Post[]): Promise<AppendResult[]>;

  /** Entries with `seq >= from` (or from `oldest`, when that is later). NOT_FOUND. */
  read(room: string, from: number, limit: number): Promise<LogPage>;

  /** The last entries with `seq < before` (default: the newest), in ascending order. NOT_FOUND. */
  readBack(room: string, before: number | undefined, limit: number): Promise<LogPage>;

  /** Public rooms by name; `page` starts at 1. */
  rooms(page: number, perPage: number): Promise<{ items: RoomHead[]; total: number }>;

  /**
   * Names who is told of entries that turned out to be committed after their posts had been answered UNAVAILABLE (the answer to a
   * COMMIT was lost). The commit queue takes this; nobody else needs to.
   */
  onFound(listener: OnEntries): void;

  /** What keeps the log from working (for `/readyz`), or undefined. */
  health(): string | undefined;

  /** Events of rooms and messages, in commit order, over the same database. */
  readonly feed: EventFeed;

  close(): Promise<void>;
}
