import type { ClientMessage } from '@parley/common/contracts/chat/client-message';
import type { MessageId } from '@parley/common/contracts/chat/message-id';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { MemberRole } from '@parley/common/contracts/room';
import type { Subscriber } from '@parley/common/fanout/subscriber';
import { ParleyError } from '@parley/common/runtime/errors';
import { networkOf } from '@parley/net/network-of';
import type { MemberList } from '../rooms/member-lists.ts';
import type { Room } from '../rooms/room.ts';
import type { Identity } from './identity.ts';
import type { Peer } from './peer.ts';
import type { SlidingWindow } from './sliding-window.ts';

/**
 * A session's place in a room. `role`: what its user is there. `subscriber`: undefined when the gateway's link is subscribed for it.
 * `typedAt`: when its last `typing` was passed on, in ms of `performance.now()`. Who may not use the room any more loses the seat at once:
 * who has one, may read and post.
 */
export type Seat = {
  readonly room: Room;
  role: MemberRole | undefined;
  subscriber: Subscriber<LogEntry> | undefined;
  typedAt: number;
};

/**
 * What came in, and how long it was: a value that may be a message, one that has been read already, or why it is none (`id`: what it
 * calls itself, if that is known).
 */
export type Received = { bytes: number } & (
  | { value: unknown }
  | { message: ClientMessage }
  | { failure: ParleyError; id?: MessageId | undefined }
);

/** Messages that wait for the one before them to be worked off, in order. */
export type Inbox = { messages: Received[]; bytes: number };

const noSeats: readonly Seat[] = [];

/**
 * One client, by a WebSocket of its own or behind a gateway's link: who it is, where it is, and what it has sent that is not worked off
 * yet. There are many thousands of these: what most of them do not need is not there until it is needed.
 */
export class Session {
  /** Unique in this process. */
  readonly number: number;
  readonly peer: Peer;
  /** The client's address, as far as is known. */
  readonly address: string;
  /** By which it is counted: the address or, of IPv6, its network. */
  readonly network: string;
  /** ms since 1970. */
  readonly connectedAt = Date.now();
  identity: Identity | undefined = undefined;
  /** When it has to be known who this is, in ms of `performance.now()`. */
  authBy: number;
  /** When the next ticket is pushed, of the same clock. */
  ticketAt = 0;
  /** The server has ended it; nothing more is read from it or sent to it. */
  ended = false;
  /** Undefined: no message is being worked off. */
  inbox: Inbox | undefined = undefined;
  /** When its budget of commands other than posts is full again, in ms of `performance.now()`. */
  commandsFullAt = 0;
  posts: SlidingWindow | undefined = undefined;
  refusals: SlidingWindow | undefined = undefined;
  badMessages: SlidingWindow | undefined = undefined;
  /** What it has begun to read page by page. */
  memberList: WeakRef<MemberList> | undefined = undefined;
  #seats: readonly Seat[] = noSeats;

  constructor(options: { number: number; peer: Peer; address: string; authBy: number }) {
    this.number = options.number;
    this.peer = options.peer;
    this.address = options.address;
    this.network = networkOf(options.address, { ipv4Bits: 32 });
    this.authBy = options.authBy;
  }

  send(message: ServerMessage): void {
    if (!this.ended) this.peer.send(message);
  }

  /** What clients get no answer to has been done. */
  done(re: MessageId | undefined): void {
    if (!this.ended) this.peer.done(re);
  }

  /** Ends the connection with a close code, after what was sent. */
  end(code: number, reason: string): void {
    if (this.ended) return;
    this.ended = true;
    this.peer.end(code, reason);
  }

  get seats(): readonly Seat[] {
    return this.#seats;
  }

  /** Its seat in a room. @throws ParleyError NOT_JOINED */
  requireSeat(room: string): Seat {
    const seat = this.seatIn(room);
    if (seat === undefined) throw new ParleyError('NOT_JOINED', `You have not joined ${room}.`);
    return seat;
  }

  seatIn(room: string): Seat | undefined {
    return this.#seats.find((seat) => seat.room.name === room);
  }

  /** Takes a seat in a room that is in use for this session from now on. */
  sit(room: Room, role: MemberRole | undefined): Seat {
    const seat: Seat = { room, role, subscriber: undefined, typedAt: Number.NEGATIVE_INFINITY };
    this.#seats = [...this.#seats, seat];
    return seat;
  }

  /** Gives a seat back; the caller releases the room. */
  stand(seat: Seat): void {
    this.#seats = this.#seats.length === 1 ? noSeats : this.#seats.filter((other) => other !== seat);
  }
}
