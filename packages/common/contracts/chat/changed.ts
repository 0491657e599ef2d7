import { z } from 'zod';
import { seq } from '../position.ts';
import { roomName } from '../room-name.ts';

/** The message `of` now reads `text`; null: it was deleted. The change has a `seq` of its own. */
export const changed = z.object({
  type: z.literal('changed'),
  room: roomName,
  seq,
  of: seq,
  text: z.string().nullable(),
});
export type Changed = z.infer<typeof changed>;
