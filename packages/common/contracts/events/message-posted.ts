import { z } from 'zod';
import { sender } from '../chat/chat-user.ts';
import { epoch, seq } from '../position.ts';
import { roomName } from '../room-name.ts';
import { isoTime } from '../text.ts';
import { eventOf } from './event-of.ts';

/**
 * Either `text` or `data`, as it reads when the event is delivered; `deleted` and neither, if it was deleted before. `at` is the message's own time, the same
 * as the event's.
 */
export const messagePosted = eventOf(
  'message.posted',
  z.object({
    room: roomName,
    epoch,
    seq,
    from: sender,
    text: z.string().optional(),
    data: z.unknown().optional(),
    deleted: z.literal(true).optional(),
    at: isoTime,
  }),
);
export type MessagePosted = z.infer<typeof messagePosted>;
