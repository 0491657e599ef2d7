import type { Join } from '@parley/common/contracts/chat/join';
import { directPrefix } from '@parley/common/contracts/room-name';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Chat } from '../chat.ts';
import type { RoomCreation } from '../log/room-log.ts';
import { recheckSeats } from '../room-effects.ts';
import { type Place, placeAfter } from '../rooms/join-place.ts';
import { mayCreate } from '../rooms/rights.ts';
import type { Room } from '../rooms/room.ts';
import { actorOf, type Identity } from '../sessions/identity.ts';
import type { Session } from '../sessions/session.ts';

/** Enters a room, or moves to another place in it: `joined`, then what was missed in order, then live. */
export async function join(chat: Chat, session: Session, message: Join): Promise<void> {
  const { identity } = session;
  if (identity === undefined) return;
  const seated = session.seatIn(message.room);
  if (seated !== undefined) {
    await chat.rooms.refreshOldest(seated.room, message.after);
    if (session.ended) return;
    // It may have had to leave meanwhile.
    if (session.seatIn(message.room) !== seated) return join(chat, session, message);
    if (seated.subscriber !== undefined) seated.room.feed.remove(seated.subscriber);
    seated.subscriber = begin(session, seated.room, message);
    return;
  }
  if (session.seats.length >= chat.settings.roomsPerConnection) {
    throw new ParleyError('LIMIT_REACHED', 'This connection has joined as many rooms as it may; leave one first.');
  }
  const actor = actorOf(identity);
  const wish = { create: creationBy(chat, message.room, identity), after: message.after };
  await chat.rooms.use(message.room, actor, wish, (room, role) => {
    if (session.ended) {
      chat.rooms.release(room);
      return;
    }
    const seat = session.sit(room, role);
    // Its user may have been changed while it waited.
    const { user, role: roleNow } = session.identity ?? identity;
    // The others are told before the newcomer is among those who are told.
    room.enter(user);
    chat.absences.end(room, user.id);
    seat.subscriber = begin(session, room, message);
    if (actor.admin && roleNow !== 'admin') recheckSeats(chat, session);
  });
}

/**
 * Nothing can be committed to the room between the answer, the place it tells, and the subscription from there on. What this node has in
 * memory may be older than the head that is told: another one has erased some of it, and has not been heard yet.
 */
function begin(session: Session, room: Room, message: Join) {
  const { feed, head, oldest } = room;
  const place = placeAfter(message.after, { epoch: feed.epoch, head, oldest });
  session.send(joinedAnswer(room, message, place));
  const { outlet } = session.peer;
  return outlet === undefined ? undefined : feed.add(outlet, { ...place, asOf: head });
}

function joinedAnswer(room: Room, { id: re }: Join, { next, recovered }: Place) {
  const { feed, head } = room;
  return {
    type: 'joined',
    re,
    room: room.name,
    epoch: feed.epoch,
    head,
    recovered,
    members: room.members,
    next,
  } as const;
}

function creationBy({ settings }: Chat, room: string, identity: Identity): RoomCreation | undefined {
  if (!mayCreate(settings.roomCreate, actorOf(identity)) || room.startsWith(directPrefix)) return undefined;
  const limits = { total: settings.rooms, perUser: settings.roomsPerUser };
  return { by: identity.user, visibility: 'public', limits };
}
