import { z } from 'zod';
import { isoTime } from '../text.ts';
import { eventId } from './event-id.ts';

/**
 * An event as who passes it on reads it: the envelope is checked, the data kept as it is. Types and fields of a later
 * version go through unharmed.
 */
export const anyEvent = z.object({
  id: eventId,
  type: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be an event type'),
  at: isoTime,
  data: z.looseObject({}),
});
export type AnyEvent = z.infer<typeof anyEvent>;
