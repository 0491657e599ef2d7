import type { LogEntry } from '@parley/common/contracts/log-entry';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Appended, AppendResult, Post } from './room-log.ts';
import type { MessageRow } from './tables.ts';

export type RoomEntries = Map<string, { epoch: string; entries: LogEntry[] }>;

/** What a batch added to each room, in seq order: repeated and refused posts added nothing. */
export function toRoomEntries(posts: readonly Post[], results: readonly AppendResult[]): RoomEntries {
  const rooms: RoomEntries = new Map();
  for (const [i, post] of posts.entries()) {
    const result = results[i];
    if (result === undefined || result instanceof ParleyError || result.duplicate) continue;
    const entry = postToEntry(post, result);
    const room = rooms.get(post.room);
    if (room) room.entries.push(entry);
    else rooms.set(post.room, { epoch: result.epoch, entries: [entry] });
  }
  return rooms;
}

function postToEntry({ from, text, data }: Post, { seq, at }: Appended): LogEntry {
  return text === undefined ? { seq, at, from, data } : { seq, at, from, text };
}

export function rowToEntry({ seq, at, sender_id, sender_name, text, data }: Omit<MessageRow, 'room_id'>): LogEntry {
  return toEntry({ seq, at, from: { id: sender_id, name: sender_name } }, text, data);
}

/** With its content as it is stored: `data` is JSON, and one of the two is null. */
export function toEntry(
  { seq, at, from }: Pick<LogEntry, 'seq' | 'at' | 'from'>,
  text: string | null,
  data: string | null,
): LogEntry {
  return data === null ? { seq, at, from, text: text ?? '' } : { seq, at, from, data: JSON.parse(data) };
}
