import type { ConnectionLimits } from '@parley/common/contracts/chat/auth';
import type { Logger } from '@parley/common/runtime/logger';
import type { Cluster } from './cluster/cluster.ts';
import type { FairTurns } from './limits/fair-turns.ts';
import type { PostRates } from './limits/post-rates.ts';
import type { CommitQueue } from './log/commit-queue.ts';
import type { RoomLog } from './log/room-log.ts';
import type { ChatMetrics } from './metrics.ts';
import type { Absences } from './rooms/absences.ts';
import type { Doubts } from './rooms/doubts.ts';
import type { Rooms } from './rooms/rooms.ts';
import type { SeenMarks } from './rooms/seen-marks.ts';
import type { Authenticator } from './sessions/authenticate.ts';
import type { Sessions } from './sessions/sessions.ts';
import type { Tickets } from './sessions/ticket.ts';
import type { ChatWsSettings } from './settings.ts';

/** What the handlers of messages work with. */
export type Chat = {
  /** Names this process in tickets. */
  readonly instance: string;
  readonly settings: ChatWsSettings;
  /** What a client is told that it may do. */
  readonly limits: ConnectionLimits;
  readonly authenticator: Authenticator;
  readonly tickets: Tickets;
  readonly sessions: Sessions;
  readonly rooms: Rooms;
  readonly doubts: Doubts;
  /** Undefined: this node is the only one. */
  readonly cluster: Cluster | undefined;
  readonly absences: Absences;
  readonly seenMarks: SeenMarks;
  readonly log: RoomLog;
  readonly commits: CommitQueue;
  readonly rates: PostRates;
  /** Reads of the log that clients ask for. */
  readonly reads: FairTurns;
  readonly metrics: ChatMetrics;
  readonly logger: Logger;
  /** ms since 1970. */
  now(): number;
};
