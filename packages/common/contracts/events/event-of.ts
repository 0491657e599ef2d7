import { z } from 'zod';
import { isoTime } from '../text.ts';
import { eventId } from './event-id.ts';

/** The envelope of every event. `at`: when it happened. */
export function eventOf<const T extends string, D extends z.ZodType>(type: T, data: D) {
  return z.object({ id: eventId, type: z.literal(type), at: isoTime, data });
}
