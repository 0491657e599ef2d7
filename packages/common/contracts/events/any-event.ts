import { z } from 'zod';
import { isoTime } from '../text.ts';
import { eventId } from './event-id.ts';

const maxTypeLength = 64;

/**
 * An event as who passes it on reads it: the envelope is checked, the data kept as it is. Types and fields of a later
 * version go through unharmed.
 */
export const anyEvent = z.object({
  id: eventId,
  type: z.string().min(1).max(maxTypeLength),
  at: isoTime,
  data: z.looseObject({}),
});
export type AnyEvent = z.infer<typeof anyEvent>;
