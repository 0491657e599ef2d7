import type { MessageId } from '@parley/common/contracts/chat/message-id';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { Outlet } from '@parley/common/fanout/outlet';
import type { Subscriber } from '@parley/common/fanout/subscriber';

/** How a session reaches its client: by a WebSocket of its own, or through a gateway's link. */
export interface Peer {
  /** Hands over an answer or a personal push; they arrive in order. */
  send(message: ServerMessage): void;
  /** Hears that a message was worked off that clients get no answer to. */
  done(re: MessageId | undefined): void;
  /** How a push to a room is kept from this session alone: what is written to whom instead. */
  withoutMe(room: string, message: ServerMessage): { outlet: Outlet; instead?: Buffer };
  /** Ends the connection, after what was sent. */
  end(code: number, reason: string): void;
  /** Reads no more from the client until `resume`, where that can be done without touching others. */
  pause(): void;
  resume(): void;
  /** Undefined while more may be sent; else resolves when the client has taken what it was sent, or is gone. */
  taken(): Promise<void> | undefined;
  /** What a room's feed writes to; undefined when the client's own gateway does that. */
  readonly outlet: Outlet | undefined;
  /** The link that the client is behind. */
  readonly link?: LinkView;
}

/** What there is to know of a link for one of its sessions. */
export interface LinkView {
  /** How far the link has been given a room; undefined when it is not. */
  cursorIn(room: string): Pick<Subscriber, 'next' | 'state'> | undefined;
  pendingBytes(): number;
}
