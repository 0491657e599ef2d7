import type { AppendResult, OnEntries, Write } from './room-log.ts';

/** The writing half of a room log: what differs between the kinds of database. */
export type Appender = {
  /** As RoomLog.append. */
  append(batch: readonly Write[]): Promise<AppendResult[]>;
  /** Runs other writes of this process while no batch is being appended. What they write by, they have already: no post waits for that. */
  exclusive<T>(write: () => Promise<T>): Promise<T>;
  /** Resolves when the database can be written. */
  probe(): Promise<void>;
  /** As RoomLog.onFound. */
  onFound(listener: OnEntries): void;
  /** As RoomLog.hurry. */
  hurry(): void;
  close(): Promise<void>;
};
