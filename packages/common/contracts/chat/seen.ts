import { z } from 'zod';
import { seq } from '../position.ts';
import { roomName } from '../room-name.ts';
import { chatUser } from './chat-user.ts';
import { request } from './message-id.ts';

/** The sender has seen everything up to `seq`; has no answer unless it fails. A mark only moves forward. */
export const seen = z.object({ type: z.literal('seen'), ...request, room: roomName, seq });
export type Seen = z.infer<typeof seen>;

/** How far somebody has seen the room; of several marks of one user the greatest holds. */
export const seenPush = z.object({ type: z.literal('seen'), room: roomName, user: chatUser, seq });
export type SeenPush = z.infer<typeof seenPush>;
