import type { AuthFailed } from '@parley/common/contracts/chat/auth';
import type { ErrorMessage } from '@parley/common/contracts/chat/error';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { Outlet } from '@parley/common/fanout/outlet';
import type { Backoff } from '@parley/net/backoff';
import type { Attaching } from '../links/attach-queue.ts';
import type { Link } from '../links/link.ts';

/** The client itself, as its session sees it. */
export interface SessionClient extends Outlet {
  readonly address: string;
  /** Something that chat-ws has to say to this client alone. */
  push(message: ServerMessage): void;
  /** The session is over; `farewell` is the last that the client is told. */
  dismiss(farewell: AuthFailed | ErrorMessage | undefined): void;
}

/** What all sessions share. */
export type SessionContext = {
  links: { want(session: Attaching<Link>): void; done(session: Attaching<Link>): void };
  /** Commands that wait for a link, over all sessions. */
  waiting: { count: number };
  createKey(): string;
  retry: Backoff;
  waitMs: number;
  maxWaiting: number;
  answerMs: number;
  /** Told how many requests a session has to repeat on a new link. */
  onResumed(repeated: number): void;
};
