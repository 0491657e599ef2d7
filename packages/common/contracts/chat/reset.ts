import { z } from 'zod';
import { epoch, headSeq } from '../position.ts';
import { roomName } from '../room-name.ts';

/** The room's log has a new epoch (restored or recreated): earlier positions mean nothing in it. */
export const reset = z.object({ type: z.literal('reset'), room: roomName, epoch, head: headSeq });
export type Reset = z.infer<typeof reset>;
