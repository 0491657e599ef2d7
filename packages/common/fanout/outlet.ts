/**
 * What the engine asks of a log entry: its place in the room's order, from 1, without holes; and, of a change, the place of the entry that
 * reads otherwise from then on.
 */
export interface Sequenced {
  readonly seq: number;
  readonly of?: number | undefined;
}

/**
 * Where one client's bytes go: a socket, as the engine sees it. One outlet serves all the rooms of its client, and may be written
 * to by others as well (answers, heartbeats).
 */
export interface Outlet {
  /** The name of the encoder whose bytes this client understands. */
  readonly format: string;
  /** Bytes handed over that have not left user space. */
  pendingBytes(): number;
  /** Takes complete messages in order. Must not throw and must not call back into the engine. */
  write(bytes: Buffer): void;
  /**
   * Calls `flushed` once, in a later turn or at the end of this one but never before it returns, when everything written until now has
   * left user space. An outlet that is gone need not call it.
   */
  afterFlush(flushed: () => void): void;
  /** Tells the client that entries `from`…`to` (inclusive) were trimmed from the log before it could be given them. */
  gap(room: string, from: number, to: number): void;
  /** Tells the client that the room's log has started anew. */
  reset(room: string, epoch: string, head: number): void;
}

/** The room an entry belongs to, as encoders see it. */
export type RoomLabel = { readonly room: string; readonly epoch: string };

/** Turns one entry into complete message bytes of one wire format. */
export type Encoder<E> = (label: RoomLabel, entry: E) => Buffer;

/** An entry as it reads after a later change, of it or of what it changed itself. Doing so again, or late, must make nothing come back. */
export type Amend<E> = (entry: E, change: E) => E;

/**
 * A stretch of a room's log: entries in `seq` order without holes, beginning at the `from` asked for, or at `oldest` if that is later.
 * Empty only when nothing is there.
 */
export type LogStretch<E> = { readonly entries: readonly E[]; readonly oldest: number; readonly head: number };
