import { z } from 'zod';
import type { LogEntry } from '../log-entry.ts';
import { seq } from '../position.ts';
import { roomName } from '../room-name.ts';
import { isoTime } from '../text.ts';
import { toIsoTime } from '../to-iso-time.ts';
import { sender } from './chat-user.ts';

/**
 * A message of a room, pushed to everyone who joined it (its sender too) and listed by `history`, with the content that it has now:
 * `text` or `data`, or `deleted` and neither.
 */
export const message = z.object({
  type: z.literal('message'),
  room: roomName,
  seq,
  from: sender,
  text: z.string().optional(),
  data: z.unknown().optional(),
  deleted: z.literal(true).optional(),
  at: isoTime,
});
export type Message = z.infer<typeof message>;

/** The message that clients see for an entry of the log that is one. */
export function messageOf(room: string, entry: LogEntry): Message {
  const { seq, from, text, data, deleted } = entry;
  const at = toIsoTime(entry.at);
  if (deleted) return { type: 'message', room, seq, from, deleted, at };
  return text === undefined
    ? { type: 'message', room, seq, from, data, at }
    : { type: 'message', room, seq, from, text, at };
}
