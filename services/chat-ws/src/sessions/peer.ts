import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { Outlet } from '@parley/common/fanout/outlet';

/** How a session reaches its client: by a WebSocket of its own, or through a gateway's link. */
export interface Peer {
  /** Hands over an answer or a personal push; they arrive in order. */
  send(message: ServerMessage): void;
  /** Ends the connection, after what was sent. */
  end(code: number, reason: string): void;
  /** Reads no more from the client until `resume`, where that can be done without touching others. */
  pause(): void;
  resume(): void;
  /** Undefined while more may be sent; else resolves when the client has taken what it was sent, or is gone. */
  taken(): Promise<void> | undefined;
  /** What a room's feed writes to; undefined when the client's own gateway does that. */
  readonly outlet: Outlet | undefined;
}
