import type { MemberRole } from '@parley/common/contracts/room';
import type { Chat } from './chat.ts';
import type { RoomHead } from './log/room-log.ts';
import { mayUse } from './rooms/rights.ts';
import type { Room } from './rooms/room.ts';
import { leaveSeat } from './sessions/close-session.ts';
import { actorOf } from './sessions/identity.ts';
import type { Seat, Session } from './sessions/session.ts';

/** What a change that has been committed means for those who are connected here. All of it is done when the call returns. */

type Parts = Pick<Chat, 'sessions' | 'rooms'>;

type LeftReason = 'removed' | 'banned' | 'deleted';

/** A room was deleted. */
export function roomDeleted(chat: Parts, { room, epoch }: Pick<RoomHead, 'room' | 'epoch'>): void {
  chat.rooms.deleted(room, epoch);
}

/** A room's settings were changed: of one that is private now, only members stay. */
export function roomChanged(chat: Parts, head: Pick<RoomHead, 'room' | 'epoch' | 'visibility'>): void {
  const room = chat.rooms.changed(head);
  if (room !== undefined) for (const session of chat.sessions.values()) recheck(chat, session, seatIn(session, room));
}

/** A user's membership has begun, changed or ended (undefined). */
export function memberChanged(
  chat: Parts & Pick<Chat, 'absences'>,
  name: string,
  user: { id: string; role: MemberRole | undefined },
): void {
  const room = chat.rooms.memberChanged(name, user.id);
  if (room !== undefined) chat.absences.end(room, user.id);
  if (room === undefined || !room.has(user.id)) return;
  for (const session of chat.sessions.values()) {
    if (session.identity?.user.id !== user.id) continue;
    const seat = seatIn(session, room);
    if (seat !== undefined) seat.role = user.role;
    recheck(chat, session, seat);
  }
}

/** Of a room, users who are in it here, and what they are by now; who is not in `roles` is nothing. */
export type RoomSeats = { readonly users: ReadonlySet<string>; readonly roles: Map<string, MemberRole> };

/** Memberships of rooms have changed. */
export function seatsChanged(chat: Parts, rooms: ReadonlyMap<Room, RoomSeats>): void {
  for (const session of chat.sessions.values()) {
    const user = session.identity?.user;
    if (user === undefined) continue;
    for (const seat of session.seats) {
      const now = rooms.get(seat.room);
      if (now === undefined || !now.users.has(user.id)) continue;
      seat.role = now.roles.get(user.id);
      recheck(chat, session, seat);
    }
  }
}

/** A session's user is no admin any more. */
export function recheckSeats(chat: Parts, session: Session): void {
  for (const seat of session.seats) recheck(chat, session, seat);
}

/** A room is no more: everybody leaves it. */
export function leaveAll(chat: Parts, room: Room): void {
  for (const session of chat.sessions.values()) {
    const seat = seatIn(session, room);
    if (seat !== undefined) eject(chat, session, seat, 'deleted');
  }
}

function seatIn(session: Session, room: Room): Seat | undefined {
  return session.seats.find((seat) => seat.room === room);
}

function recheck(chat: Parts, session: Session, seat: Seat | undefined): void {
  if (seat === undefined || session.identity === undefined) return;
  const { room, role } = seat;
  if (mayUse({ visibility: room.visibility, role }, actorOf(session.identity))) return;
  eject(chat, session, seat, role === 'banned' ? 'banned' : 'removed');
}

/** Nothing more comes from the room after `left`. */
function eject(chat: Parts, session: Session, seat: Seat, reason: LeftReason): void {
  if (seat.subscriber !== undefined) seat.room.feed.remove(seat.subscriber);
  session.send({ type: 'left', room: seat.room.name, reason });
  leaveSeat(chat, session, seat);
}
