import { z } from 'zod';
import { sender } from './chat/chat-user.ts';
import { listOf, pageQuery } from './list.ts';
import { memberRole } from './room.ts';
import { roomName } from './room-name.ts';
import { isoTime } from './text.ts';
import { userId } from './user.ts';

/** A stored membership; `since`: when it began. */
export const member = sender.extend({ role: memberRole, since: isoTime });
export type MemberResource = z.infer<typeof member>;

/** Path parameters of `/api/rooms/:room/members/:userId`. */
export const memberParams = z.object({ room: roomName, userId });

/** Query of `GET /api/rooms/:room/members`. */
export const membersQuery = pageQuery.extend({ role: memberRole.optional() });

/** Its answer, by name. */
export const roomMembers = listOf(member);

/** Body of `PUT /api/rooms/:room/members/:userId`. */
export const putMember = z.object({ role: memberRole });
