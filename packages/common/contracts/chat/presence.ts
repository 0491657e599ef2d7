import { z } from 'zod';
import { roomName } from '../room-name.ts';
import { chatUser } from './chat-user.ts';

/** Rooms with more users than this are told the count only, at most once a second. */
export const presenceDetailMembers = 200;

/** `event` and `user` are absent in large rooms. `members`: count of users. */
export const presence = z.object({
  type: z.literal('presence'),
  room: roomName,
  event: z.enum(['join', 'leave']).optional(),
  user: chatUser.optional(),
  members: z.int().min(0),
});
export type Presence = z.infer<typeof presence>;
