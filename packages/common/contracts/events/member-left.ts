import { z } from 'zod';
import { sender } from '../chat/chat-user.ts';
import { roomName } from '../room-name.ts';
import { eventOf } from './event-of.ts';

/** A stored membership ended. */
export const memberLeft = eventOf(
  'member.left',
  z.object({ room: roomName, user: sender, reason: z.enum(['left', 'removed', 'banned']) }),
);
export type MemberLeft = z.infer<typeof memberLeft>;
