import type { ErrorCode } from '@parley/common/contracts/error-code';
import type { Content, Shown } from './content.ts';

/** What was asked and told in one run. Ticks count what happens in the checker's process: a smaller one was before. */
export type Story = {
  attempts: Attempt[];
  stretches: Stretch[];
  reads: HistoryRead[];
  /** The logs as they are in the end: of each room its last epoch. */
  logs: Log[];
  /** The room of each deletion that was carried out, or not answered. */
  deletions: string[];
  presences: Presence[];
  /** What must not happen at all, as sentences. */
  complaints: string[];
};

/** A post or a change that was sent once; repeating it with its key is another attempt. */
export type Attempt = {
  /** Unknown of a guest who logged in by a line. */
  sender: string | undefined;
  connection: number;
  room: string;
  key: string | undefined;
  /** The message that is to be changed. */
  of: number | undefined;
  content: Content;
  since: number;
  outcome: Outcome;
};

export type Outcome =
  /** `duplicate` is undefined where it is not told. */
  | { is: 'posted'; tick: number; epoch: string; seq: number; duplicate: boolean | undefined }
  /** Surely not stored by this attempt. */
  | { is: 'refused'; code: ErrorCode }
  /** There was no answer, or one that leaves it open. */
  | { is: 'maybe' };

/** What a reader was given of one epoch of a room after one join. */
export type Stretch = {
  reader: string;
  room: string;
  epoch: string;
  /** When it asked for it. */
  since: number;
  /** The seq that it was to begin with; the first one that there is. */
  from: number | 'first';
  /** It was there until all was quiet, and had to be given everything. */
  isWhole: boolean;
  given: Given[];
};

export type Entry = {
  is: 'entry';
  seq: number;
  of: number | undefined;
  from: string | undefined;
  shown: Shown;
  tick: number;
};

export type Given = Entry | { is: 'gap'; from: number; to: number };

/** A page of history as it was answered. */
export type HistoryRead = {
  reader: string;
  room: string;
  /** Unknown to lines. */
  epoch: string | undefined;
  since: number;
  before?: number | undefined;
  after?: number | undefined;
  messages: { seq: number; from: string | undefined; shown: Shown }[];
};

/** Who was in a room when all was quiet. `joined`: a user's id for each who had joined; unknown of a guest who came by a line. */
export type Presence = { room: string; joined: (string | undefined)[]; listed: string[]; count: number };

export type Log = { room: string; epoch: string; oldest: number; head: number; entries: LogEntry[] };

/** Nobody is told from whom a change is. */
export type LogEntry = { seq: number; of: number | undefined; from: string | undefined; content: Content };
