import { z } from 'zod';
import { sender } from './chat/chat-user.ts';
import { seq } from './position.ts';

/**
 * One committed entry of a room's log, as it goes between processes. `at`: ms since 1970.
 *
 * A message has exactly one of `text` and `data`, or is `deleted` and has neither. A change is an entry of its own: the message `of` now
 * reads `text`, or is `deleted`. A message and the earlier changes of it are kept as the latest change left them, so that nobody who
 * reads the log again is given what it said before.
 */
export const logEntry = z.object({
  seq,
  at: z.int().min(0),
  from: sender,
  text: z.string().optional(),
  data: z.unknown().optional(),
  of: seq.optional(),
  deleted: z.literal(true).optional(),
});
export type LogEntry = z.infer<typeof logEntry>;

/** An entry as it reads after a later change of it (or of the message that it changed itself). What is deleted stays so. */
export function amended(entry: LogEntry, { text }: LogEntry): LogEntry {
  if (entry.deleted) return entry;
  const { text: _text, data: _data, ...place } = entry;
  return text === undefined ? { ...place, deleted: true } : { ...place, text };
}
