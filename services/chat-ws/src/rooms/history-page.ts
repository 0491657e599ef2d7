import { historyLimit } from '@parley/common/contracts/chat/history';
import { type Message, messageOf } from '@parley/common/contracts/chat/message';
import type { Chat } from '../chat.ts';
import type { RoomLog } from '../log/room-log.ts';
import { readAs } from './read-as.ts';
import type { Actor } from './rights.ts';

/** Behind `after`, before `before`, or the newest. */
export type HistoryQuery = { room: string; before?: number; after?: number; limit?: number };

export type HistoryPart = { room: string; epoch: string; messages: Message[]; more: boolean };

/** Messages of a room in ascending order, as they read now; `more`: there is more on the side that was asked for. @throws ParleyError NOT_FOUND, UNAVAILABLE */
export async function readHistory(log: RoomLog, { room, before, after, limit }: HistoryQuery): Promise<HistoryPart> {
  const most = limit ?? historyLimit.default;
  const read = (count: number, from = after === undefined ? before : after + 1) =>
    after === undefined ? log.readBack(room, from, count) : log.readMessages(room, from ?? 1, count);
  // One more than is asked for tells whether there is more: behind the last message there may be changes only.
  const { entries, epoch, head, oldest } = await read(most + 1);
  const page = after === undefined ? entries.slice(-most) : entries.slice(0, most);
  const [first, last] = [page[0], page.at(-1)];
  let more = entries.length > page.length;
  // A page that is short may have been cut for its size.
  if (!more && first !== undefined && last !== undefined) {
    const isAtEnd = after === undefined ? first.seq <= oldest : last.seq >= head;
    more = !isAtEnd && (await read(1, after === undefined ? first.seq : last.seq + 1)).entries.length > 0;
  }
  return { room, epoch, messages: page.map((entry) => messageOf(room, entry)), more };
}

/** The same for somebody who has to have the right to it. @throws ParleyError FORBIDDEN too */
export function readHistoryAs(
  actor: Actor,
  chat: Pick<Chat, 'log' | 'rooms' | 'now'>,
  query: HistoryQuery,
): Promise<HistoryPart> {
  return readAs(actor, chat, { room: query.room, read: () => readHistory(chat.log, query) });
}
