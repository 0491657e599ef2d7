import { z } from 'zod';
import { sender } from '../chat/chat-user.ts';
import { memberRole } from '../room.ts';
import { roomName } from '../room-name.ts';
import { eventOf } from './event-of.ts';

/** A stored membership began (this is not presence: who is connected right now is told by `presence`). */
export const memberJoined = eventOf('member.joined', z.object({ room: roomName, user: sender, role: memberRole }));
export type MemberJoined = z.infer<typeof memberJoined>;
