import { z } from 'zod';
import { memberJoined } from './member-joined.ts';
import { memberLeft } from './member-left.ts';
import { messageChanged } from './message-changed.ts';
import { messagePosted } from './message-posted.ts';
import { roomCreated } from './room-created.ts';
import { roomDeleted } from './room-deleted.ts';
import { userCreated } from './user-created.ts';
import { userDeleted } from './user-deleted.ts';
import { userUpdated } from './user-updated.ts';

/** Every event that a feed carries and a webhook delivers. */
export const parleyEvent = z.discriminatedUnion('type', [
  messagePosted,
  messageChanged,
  memberJoined,
  memberLeft,
  roomCreated,
  roomDeleted,
  userCreated,
  userUpdated,
  userDeleted,
]);
export type ParleyEvent = z.infer<typeof parleyEvent>;
export type EventType = ParleyEvent['type'];

/** The data of an event by its type: `EventData<'message.posted'>`. */
export type EventData<T extends EventType> = Extract<ParleyEvent, { type: T }>['data'];

export const eventTypes = [
  'user.created',
  'user.updated',
  'user.deleted',
  'room.created',
  'room.deleted',
  'message.posted',
  'message.changed',
  'member.joined',
  'member.left',
] as const satisfies readonly EventType[];
