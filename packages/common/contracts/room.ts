import { z } from 'zod';
import { listOf } from './list.ts';
import { epoch, headSeq } from './position.ts';
import { directPrefix, roomName } from './room-name.ts';
import { isoTime, storableText } from './text.ts';
import { userId } from './user.ts';

/** public: anyone may find and join; private: members only, outsiders are told NOT_FOUND; direct: its two members only. */
export const visibility = z.enum(['public', 'private', 'direct']);
export type Visibility = z.infer<typeof visibility>;

/** What a stored membership lets its user do in the room. */
export const memberRole = z.enum(['owner', 'moderator', 'member', 'banned']);
export type MemberRole = z.infer<typeof memberRole>;

const topic = storableText({ max: 500 });

/** A room as REST shows it. `head`: its last seq; `members`: users in it now. */
export const room = z.object({
  name: roomName,
  visibility,
  topic,
  epoch,
  head: headSeq,
  members: z.int().min(0),
  createdAt: isoTime,
});
export type RoomResource = z.infer<typeof room>;

/** Answer of `GET /api/rooms`. */
export const rooms = listOf(room);

const createNamedRoom = z.object({
  name: roomName.refine((name) => !name.startsWith(directPrefix), `names that begin with ${directPrefix} are reserved`),
  visibility: visibility.exclude(['direct']).default('public'),
  topic: topic.default(''),
});
const createDirectRoom = z.object({ visibility: z.literal('direct'), with: userId });

/** Body of `POST /api/rooms`: a room of a name, or the one with another user. */
export const createRoom = z.union([createDirectRoom, createNamedRoom]);
export type CreateRoom = z.infer<typeof createRoom>;

/** Body of `PATCH /api/rooms/:room`. */
export const patchRoom = z.object({
  visibility: visibility.exclude(['direct']).optional(),
  topic: topic.optional(),
});
export type PatchRoom = z.infer<typeof patchRoom>;
