import type { Join, Joined } from '@parley/common/contracts/chat/join';
import type { Position } from '@parley/common/contracts/position';
import type { Outlet } from '@parley/common/fanout/outlet';
import type { LinkRooms, Seating } from '../links/link-rooms.ts';

/** A client's place in one room. While a link feeds it, `seating` has the cursor; else it is kept here. */
type Seat = {
  readonly room: string;
  epoch: string;
  next: number;
  fromFirst: boolean;
  /** Everything up to this `seq` has been asked for, by joining or by posting. */
  awaited: number;
  seating: Seating | undefined;
};

/** The rooms that one client is in, and how far it has been given each of them. They outlive links. */
export class Seats {
  readonly #outlet: Outlet;
  readonly #seats = new Map<string, Seat>();
  #rooms: LinkRooms | undefined;

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  /** The room joined last of those that have not been left. */
  get current(): string | undefined {
    let current: string | undefined;
    for (const room of this.#seats.keys()) current = room;
    return current;
  }

  has(room: string): boolean {
    return this.#seats.has(room);
  }

  /** The client has been told `joined`; what follows begins where it wished. Joining again moves it there. */
  enter(joined: Joined, after: Join['after']): void {
    this.leave(joined.room);
    const { room, epoch, head } = joined;
    const seat = { room, epoch, ...startOf(joined, after), awaited: head, seating: undefined };
    this.#seats.set(room, seat);
    this.#sit(seat, joined);
  }

  /** False when it was not there. */
  leave(room: string): boolean {
    const seat = this.#seats.get(room);
    if (seat === undefined) return false;
    this.#seats.delete(room);
    if (seat.seating !== undefined) this.#rooms?.leave(seat.seating);
    return true;
  }

  /** The client's own post is there; it will come to the client as well. */
  posted(room: string, seq: number): void {
    const seat = this.#seats.get(room);
    if (seat !== undefined) seat.awaited = Math.max(seat.awaited, seq);
  }

  /** Whether the client has been given what it has asked for. */
  get isServed(): boolean {
    for (const { epoch, next, awaited, seating } of this.#seats.values()) {
      if (seating?.feed.epoch === epoch && seating.subscriber.next <= awaited) return false;
      if (seating === undefined && next <= awaited) return false;
    }
    return true;
  }

  /** The link feeds the client no more: the cursors stay. */
  detach(): void {
    for (const seat of this.#seats.values()) {
      const { seating } = seat;
      if (seating === undefined) continue;
      seat.epoch = seating.feed.epoch;
      seat.next = seating.subscriber.next;
      seat.fromFirst = seating.subscriber.fromFirst;
      seat.seating = undefined;
      this.#rooms?.leave(seating);
    }
    this.#rooms = undefined;
  }

  /** A new link feeds the rooms from now on; gives what has to be joined on it. */
  attach(rooms: LinkRooms): { room: string; after: Position }[] {
    this.#rooms = rooms;
    return [...this.#seats.values()].map(({ room, epoch, next }) => ({ room, after: { epoch, seq: next - 1 } }));
  }

  /** The room has been joined on the new link: on from the cursor, or from the beginning if its log is another one now. */
  reenter(joined: Joined): void {
    const seat = this.#seats.get(joined.room);
    if (seat === undefined || seat.seating !== undefined) return;
    const { room, epoch, head } = joined;
    if (epoch !== seat.epoch || seat.next - 1 > head) {
      Object.assign(seat, { epoch, next: 1, fromFirst: true, awaited: 0 });
      this.#outlet.reset(room, epoch, head);
    }
    this.#sit(seat, joined);
  }

  /** The client is gone. */
  close(): void {
    for (const room of [...this.#seats.keys()]) this.leave(room);
  }

  #sit(seat: Seat, joined: Joined): void {
    const { next, fromFirst } = seat;
    seat.seating = this.#rooms?.enter(this.#outlet, joined, { next, fromFirst });
  }
}

/** Where a client begins that has joined with this `after`. */
function startOf({ epoch, head, next }: Joined, after: Join['after']): { next: number; fromFirst: boolean } {
  if (after === undefined) return { next: next ?? head + 1, fromFirst: false };
  const isGood = after !== 'start' && after.epoch === epoch && after.seq <= head;
  // Whatever has been trimmed behind a good position, the engine finds out and tells by a gap.
  return isGood ? { next: after.seq + 1, fromFirst: false } : { next: 1, fromFirst: true };
}
