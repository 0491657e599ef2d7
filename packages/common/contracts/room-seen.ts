import { z } from 'zod';
import { sender } from './chat/chat-user.ts';
import { listOf } from './list.ts';
import { seq } from './position.ts';
import { isoTime } from './text.ts';

/** How far a user has seen a room, and since when that is known. */
export const seenMark = z.object({ user: sender, seq, at: isoTime });
export type SeenMark = z.infer<typeof seenMark>;

/** Answer to `GET /api/rooms/:room/seen`: the marks of users in the order of their ids; guests' are not kept. */
export const roomSeen = listOf(seenMark);
export type RoomSeen = z.infer<typeof roomSeen>;
