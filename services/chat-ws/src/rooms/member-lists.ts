import type { ChatUser } from '@parley/common/contracts/chat/chat-user';

/** Who was in a room at one moment, in the order in which they came. */
export type MemberList = { readonly room: string; readonly users: readonly ChatUser[] };

/** Who reads a list page by page has so long for it, and so many lists of a room are kept for that. */
const keptMs = 30_000;
const keptLists = 16;

/** In a crowd, a list may be so old. */
const crowdMs = 1_000;

type Kept = { readonly list: MemberList; readonly at: number; readonly changes: number };

/**
 * The lists that the pages of a room's members are taken from: all pages that somebody reads come from one list, so that nobody is missed
 * or named twice because others come and go meanwhile. A list is made when it is asked for and shared by all who ask before it changes.
 */
export class MemberLists {
  readonly #room: string;
  #kept: Kept[] = [];

  constructor(room: string) {
    this.#room = room;
  }

  /**
   * A list as of `now` (ms, of a clock that only goes forward). `changes`: how often anybody has come or gone so far; `isCrowd`: too many
   * to list them anew for each change.
   */
  current(
    members: Iterable<{ user: ChatUser }>,
    { changes, isCrowd, now }: { changes: number; isCrowd: boolean; now: number },
  ): MemberList {
    const last = this.#kept.at(-1);
    if (last !== undefined && (last.changes === changes || (isCrowd && now - last.at < crowdMs))) return last.list;
    const list = { room: this.#room, users: Array.from(members, ({ user }) => user) };
    this.#kept = this.#kept.filter(({ at }) => now - at < keptMs).slice(1 - keptLists);
    this.#kept.push({ list, at: now, changes });
    return list;
  }
}
