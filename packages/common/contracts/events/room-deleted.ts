import { z } from 'zod';
import { sender } from '../chat/chat-user.ts';
import { epoch } from '../position.ts';
import { roomName } from '../room-name.ts';
import { eventOf } from './event-of.ts';

export const roomDeleted = eventOf('room.deleted', z.object({ room: roomName, epoch, by: sender.nullable() }));
export type RoomDeleted = z.infer<typeof roomDeleted>;
