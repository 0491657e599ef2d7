/** What the engine may use. Every field can be a service's setting. */
export type FanoutLimits = {
  /** Unsent bytes of one socket above which its subscribers fall behind. */
  behindBytes: number;
  /** A subscriber that is behind gets its next chunk when its socket holds no more than this. */
  lowBytes: number;
  /** Bytes written at once to a subscriber that is behind. */
  chunkBytes: number;
  /** Entries asked of the log at once, at most. */
  readEntries: number;
  /** Log reads under way at once, over all rooms. */
  readsAtOnce: number;
  /** What catching up may write in one turn of the event loop, over all rooms: bytes, and chunks. */
  catchUpBytesPerTurn: number;
  catchUpChunksPerTurn: number;
  /** Live subscribers that are served in one turn of the event loop. */
  walkPerTurn: number;
  /**
   * From this many subscribers on, a room waits while more is being committed, by pauses in proportion to what it costs to write to all of
   * them, up to the longest in all.
   */
  largeRoom: number;
  pausePerSubscriberMs: number;
  shortestPauseMs: number;
  longestPauseMs: number;
  /** Memory for the latest entries of one room, and of all rooms. */
  tailBytesPerRoom: number;
  tailBytesTotal: number;
};

export const defaultFanoutLimits: FanoutLimits = {
  behindBytes: 256 * 1024,
  lowBytes: 32 * 1024,
  chunkBytes: 64 * 1024,
  readEntries: 512,
  readsAtOnce: 8,
  catchUpBytesPerTurn: 2 * 1024 * 1024,
  catchUpChunksPerTurn: 128,
  walkPerTurn: 2_000,
  largeRoom: 200,
  pausePerSubscriberMs: 0.002,
  shortestPauseMs: 1,
  longestPauseMs: 10,
  tailBytesPerRoom: 1024 * 1024,
  tailBytesTotal: 64 * 1024 * 1024,
};
