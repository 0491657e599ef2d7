import { z } from 'zod';
import { epoch, headSeq, position, seq } from '../position.ts';
import { roomName } from '../room-name.ts';
import { answer, request } from './message-id.ts';

/** `after`: a position (what comes behind it), "start" (all that is kept); absent: from now on. */
export const join = z.object({
  type: z.literal('join'),
  ...request,
  room: roomName,
  after: z.union([z.literal('start'), position]).optional(),
});
export type Join = z.infer<typeof join>;

/**
 * `head`: the room's last seq. `recovered`: whether everything behind `after` follows. `members`: count of users.
 * `next`: the first seq that this connection will be given; a gateway sets its cursor by it.
 */
export const joined = z.object({
  type: z.literal('joined'),
  ...answer,
  room: roomName,
  epoch,
  head: headSeq,
  recovered: z.boolean(),
  members: z.int().min(0),
  next: seq.optional(),
});
export type Joined = z.infer<typeof joined>;
