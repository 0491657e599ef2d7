import { historyLimit } from '@parley/common/contracts/chat/history';
import { type Message, messageOf } from '@parley/common/contracts/chat/message';
import type { RoomLog } from '../log/room-log.ts';

/** Behind `after`, before `before`, or the newest. */
export type HistoryQuery = { room: string; before?: number; after?: number; limit?: number };

export type HistoryPart = { room: string; epoch: string; messages: Message[]; more: boolean };

/** A part of a room's log in ascending order; `more`: there is more on the side that was asked for. @throws ParleyError NOT_FOUND, UNAVAILABLE */
export async function readHistory(log: RoomLog, { room, before, after, limit }: HistoryQuery): Promise<HistoryPart> {
  const most = limit ?? historyLimit.default;
  const page = after === undefined ? await log.readBack(room, before, most) : await log.read(room, after + 1, most);
  const { entries, epoch, head, oldest } = page;
  const [first, last] = [entries[0], entries.at(-1)];
  const more =
    first !== undefined && last !== undefined && (after === undefined ? first.seq > oldest : last.seq < head);
  return { room, epoch, messages: entries.map((entry) => messageOf(room, entry)), more };
}
