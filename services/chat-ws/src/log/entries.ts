import type { LogEntry } from '@parley/common/contracts/log-entry';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Appended, AppendResult, Write } from './room-log.ts';
import type { MessageRow } from './tables.ts';

export type RoomEntries = Map<string, { epoch: string; entries: LogEntry[] }>;

/** What a batch added to each room, in seq order: what was repeated or refused added nothing. */
export function toRoomEntries(batch: readonly Write[], results: readonly AppendResult[]): RoomEntries {
  const rooms: RoomEntries = new Map();
  for (const [i, one] of batch.entries()) {
    const result = results[i];
    if (result === undefined || result instanceof ParleyError || result.duplicate) continue;
    const entry = writtenEntry(one, result);
    const room = rooms.get(one.room);
    if (room) room.entries.push(entry);
    else rooms.set(one.room, { epoch: result.epoch, entries: [entry] });
  }
  return rooms;
}

function writtenEntry(one: Write, { seq, at }: Appended): LogEntry {
  const { from, of, text } = one;
  if (of !== undefined) return text === null ? { seq, at, from, of, deleted: true } : { seq, at, from, of, text };
  return text === undefined ? { seq, at, from, data: one.data } : { seq, at, from, text };
}

export function rowToEntry(row: Omit<MessageRow, 'room_id'>): LogEntry {
  return toEntry({ seq: row.seq, at: row.at, from: { id: row.sender_id, name: row.sender_name } }, row);
}

/** With its content as it reads now: see current-text.ts. */
export function toEntry(
  { seq, at, from }: Pick<LogEntry, 'seq' | 'at' | 'from'>,
  { text, data, of_seq: of }: Pick<MessageRow, 'text' | 'data' | 'of_seq'>,
): LogEntry {
  if (of !== null) return text === null ? { seq, at, from, of, deleted: true } : { seq, at, from, of, text };
  if (text !== null) return { seq, at, from, text };
  return data === null ? { seq, at, from, deleted: true } : { seq, at, from, data: JSON.parse(data) };
}
