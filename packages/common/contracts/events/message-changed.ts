import { z } from 'zod';
import { sender } from '../chat/chat-user.ts';
import { epoch, seq } from '../position.ts';
import { roomName } from '../room-name.ts';
import { isoTime } from '../text.ts';
import { eventOf } from './event-of.ts';

/** The message `of` now reads `text`; null: deleted. `seq` is the change's own place in the log, `by` whoever made it. */
export const messageChanged = eventOf(
  'message.changed',
  z.object({ room: roomName, epoch, seq, of: seq, by: sender, text: z.string().nullable(), at: isoTime }),
);
export type MessageChanged = z.infer<typeof messageChanged>;
