import { z } from 'zod';
import { roomName } from '../room-name.ts';
import { chatUser } from './chat-user.ts';

/** `event` and `user` are absent in large rooms, which are told at most once a second. `members`: count of users. */
export const presence = z.object({
  type: z.literal('presence'),
  room: roomName,
  event: z.enum(['join', 'leave']).optional(),
  user: chatUser.optional(),
  members: z.int().min(0),
});
export type Presence = z.infer<typeof presence>;
