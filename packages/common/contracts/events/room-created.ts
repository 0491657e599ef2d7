import { z } from 'zod';
import { sender } from '../chat/chat-user.ts';
import { epoch } from '../position.ts';
import { visibility } from '../room.ts';
import { roomName } from '../room-name.ts';
import { eventOf } from './event-of.ts';

/** `by`: who created it; null when the server did. */
export const roomCreated = eventOf(
  'room.created',
  z.object({ room: roomName, epoch, visibility, by: sender.nullable() }),
);
export type RoomCreated = z.infer<typeof roomCreated>;
