import { z } from 'zod';
import { listOf } from './list.ts';
import { epoch, headSeq } from './position.ts';
import { roomName } from './room-name.ts';
import { isoTime } from './text.ts';

/** public: anyone may find and join; private: members only, outsiders are told NOT_FOUND; direct: its two members only. */
export const visibility = z.enum(['public', 'private', 'direct']);
export type Visibility = z.infer<typeof visibility>;

/** What a stored membership lets its user do in the room. */
export const memberRole = z.enum(['owner', 'moderator', 'member', 'banned']);
export type MemberRole = z.infer<typeof memberRole>;

/** A room as REST shows it. `head`: its last seq; `members`: users in it now. */
export const room = z.object({
  name: roomName,
  visibility,
  epoch,
  head: headSeq,
  members: z.int().min(0),
  createdAt: isoTime,
});
export type RoomResource = z.infer<typeof room>;

/** Answer of `GET /api/rooms`. */
export const rooms = listOf(room);
