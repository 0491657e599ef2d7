import { z } from 'zod';
import { seq } from '../position.ts';
import { roomName } from '../room-name.ts';

/** Messages from…to (inclusive) are no longer kept and will not come. */
export const gap = z.object({ type: z.literal('gap'), room: roomName, from: seq, to: seq });
export type Gap = z.infer<typeof gap>;
