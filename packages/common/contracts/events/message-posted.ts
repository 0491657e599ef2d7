import { z } from 'zod';
import { sender } from '../chat/chat-user.ts';
import { epoch, seq } from '../position.ts';
import { roomName } from '../room-name.ts';
import { isoTime } from '../text.ts';
import { eventOf } from './event-of.ts';

/** Either `text` or `data`. `at` is the message's own time, the same as the event's. */
export const messagePosted = eventOf(
  'message.posted',
  z.object({
    room: roomName,
    epoch,
    seq,
    from: sender,
    text: z.string().optional(),
    data: z.unknown().optional(),
    at: isoTime,
  }),
);
export type MessagePosted = z.infer<typeof messagePosted>;
