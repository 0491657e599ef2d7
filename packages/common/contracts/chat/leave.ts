import { z } from 'zod';
import { roomName } from '../room-name.ts';
import { answer, request } from './message-id.ts';

export const leave = z.object({ type: z.literal('leave'), ...request, room: roomName });
export type Leave = z.infer<typeof leave>;

/** Answer to `leave`; pushed with a `reason` when the server ended the membership ("removed", "banned", "deleted"). */
export const left = z.object({
  type: z.literal('left'),
  ...answer,
  room: roomName,
  reason: z.string().optional(),
});
export type Left = z.infer<typeof left>;
