import { z } from 'zod';

/**
 * An event's id is also its `webhook-id`, which is signed as `id.timestamp.body`: without a '.' in the id that string
 * can be read in one way only.
 */
export const eventId = z.string().regex(/^[A-Za-z0-9_:~-]{1,256}$/, 'must be an event id');

/**
 * The deterministic id of an event: its type and what makes it unique, e.g. `eventIdOf('message.posted', room, epoch, seq)`.
 * A '.' becomes '~', which neither types nor room names contain, so different parts give different ids.
 */
export function eventIdOf(type: string, ...parts: (string | number)[]): string {
  return [type, ...parts].join(':').replaceAll('.', '~');
}
