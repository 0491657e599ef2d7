import { z } from 'zod';
import { roomName } from '../room-name.ts';
import { chatUser } from './chat-user.ts';
import { request } from './message-id.ts';

/** The sender is writing something; has no answer unless it fails. */
export const typing = z.object({ type: z.literal('typing'), ...request, room: roomName });
export type Typing = z.infer<typeof typing>;

/** Somebody else is writing; told to who keeps up, and to nobody later. */
export const typingPush = z.object({ type: z.literal('typing'), room: roomName, user: chatUser });
export type TypingPush = z.infer<typeof typingPush>;
