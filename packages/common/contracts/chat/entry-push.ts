import type { LogEntry } from '../log-entry.ts';
import type { Changed } from './changed.ts';
import { type Message, messageOf } from './message.ts';

/** What clients are told of an entry of the log: a message, or that an earlier one has changed. */
export function pushOf(room: string, entry: LogEntry): Message | Changed {
  const { seq, of, text } = entry;
  return of === undefined ? messageOf(room, entry) : { type: 'changed', room, seq, of, text: text ?? null };
}
