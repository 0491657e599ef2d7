import { z } from 'zod';
import { roomName } from '../room-name.ts';
import { chatUser } from './chat-user.ts';
import { answer, request } from './message-id.ts';

export const membersPerPage = 100;

/** Who is in the room now; `page` counts from 1, `membersPerPage` users each. */
export const members = z.object({
  type: z.literal('members'),
  ...request,
  room: roomName,
  page: z.int().min(1).optional(),
});
export type Members = z.infer<typeof members>;

export const membersPage = z.object({
  type: z.literal('members'),
  ...answer,
  room: roomName,
  members: z.array(chatUser),
  total: z.int().min(0),
});
export type MembersPage = z.infer<typeof membersPage>;
