import type { Join } from '@parley/common/contracts/chat/join';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Chat } from '../chat.ts';
import type { RoomCreation } from '../log/room-log.ts';
import { type Place, placeAfter } from '../rooms/join-place.ts';
import { mayCreate } from '../rooms/rights.ts';
import type { Room } from '../rooms/room.ts';
import type { Identity } from '../sessions/identity.ts';
import type { Session } from '../sessions/session.ts';

/** Enters a room, or moves to another place in it: `joined`, then what was missed in order, then live. */
export async function join(chat: Chat, session: Session, message: Join): Promise<void> {
  const { identity } = session;
  if (identity === undefined) return;
  const seated = session.seatIn(message.room);
  if (seated !== undefined) {
    await chat.rooms.refreshOldest(seated.room, message.after);
    if (session.ended) return;
    if (seated.subscriber !== undefined) seated.room.feed.remove(seated.subscriber);
    seated.subscriber = begin(session, seated.room, message);
    return;
  }
  if (session.seats.length >= chat.settings.roomsPerConnection) {
    throw new ParleyError('LIMIT_REACHED', 'This connection has joined as many rooms as it may; leave one first.');
  }
  const wish = { create: creationBy(chat, identity), after: message.after };
  const room = await chat.rooms.use(message.room, identity.user, wish);
  if (session.ended) {
    chat.rooms.release(room);
    return;
  }
  const seat = session.sit(room);
  // The others are told before the newcomer is among those who are told.
  room.enter(identity.user);
  seat.subscriber = begin(session, room, message);
}

/** Nothing can be committed to the room between the answer, the place it tells, and the subscription from there on. */
function begin(session: Session, room: Room, message: Join) {
  const { epoch, head } = room.feed;
  const place = placeAfter(message.after, { epoch, head, oldest: room.oldest });
  session.send(joinedAnswer(room, message, place));
  const { outlet } = session.peer;
  return outlet === undefined ? undefined : room.feed.add(outlet, place);
}

function joinedAnswer(room: Room, { id: re }: Join, { next, recovered }: Place) {
  const { epoch, head } = room.feed;
  return { type: 'joined', re, room: room.name, epoch, head, recovered, members: room.members, next } as const;
}

function creationBy({ settings }: Chat, { user }: Identity): RoomCreation | undefined {
  if (!mayCreate(settings.roomCreate, user)) return undefined;
  return { by: user, visibility: 'public', limits: { total: settings.rooms, perUser: settings.roomsPerUser } };
}
