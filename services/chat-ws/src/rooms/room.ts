import type { ChatUser } from '@parley/common/contracts/chat/chat-user';
import type { Presence } from '@parley/common/contracts/chat/presence';
import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { Visibility } from '@parley/common/contracts/room';
import type { RoomFeed } from '@parley/common/fanout/room-feed';
import { encodePush } from '../encode.ts';

/** A user in a room, with the number of sessions it is here by. */
type Member = { user: ChatUser; sessions: number };

const countEveryMs = 1_000;

/** A room that somebody uses: its feed, and who is in it. */
export class Room {
  readonly name: string;
  readonly visibility: Visibility;
  readonly createdBy: { readonly id: string };
  readonly feed: RoomFeed<LogEntry>;
  /** The first `seq` that the log still has, as far as is known. */
  oldest: number;
  /** While that is being looked up. */
  refreshing: Promise<void> | undefined = undefined;
  /** Who needs the room in memory: sessions in it, links that watch it, joins under way. */
  uses = 0;
  readonly #detail: number;
  /** In the order in which they came. */
  readonly #members = new Map<string, Member>();
  #countTimer: NodeJS.Timeout | undefined = undefined;

  constructor(options: {
    name: string;
    visibility: Visibility;
    createdBy: { readonly id: string };
    oldest: number;
    feed: RoomFeed<LogEntry>;
    /** Up to so many users, everybody is told who comes and goes. */
    presenceDetail: number;
  }) {
    this.name = options.name;
    this.visibility = options.visibility;
    this.createdBy = options.createdBy;
    this.oldest = options.oldest;
    this.feed = options.feed;
    this.#detail = options.presenceDetail;
  }

  /** Users in the room. */
  get members(): number {
    return this.#members.size;
  }

  /** One page of who is in the room; `page` counts from 1. */
  membersPage(page: number, perPage: number): ChatUser[] {
    const from = (page - 1) * perPage;
    return [...this.#members.values().drop(from).take(perPage)].map(({ user }) => user);
  }

  /** A session of the user is in the room from now on. */
  enter(user: ChatUser): void {
    const member = this.#members.get(user.id);
    if (member !== undefined) {
      member.sessions += 1;
      return;
    }
    this.#members.set(user.id, { user, sessions: 1 });
    this.#tell('join', user);
  }

  /** A session of the user has left. */
  leave(user: ChatUser): void {
    const member = this.#members.get(user.id);
    if (member === undefined) return;
    member.sessions -= 1;
    if (member.sessions > 0) return;
    this.#members.delete(user.id);
    this.#tell('leave', user);
  }

  close(): void {
    clearTimeout(this.#countTimer);
    this.feed.close();
  }

  /** A crowd is told its number only, and at most once a second. */
  #tell(event: 'join' | 'leave', user: ChatUser): void {
    if (this.members <= this.#detail)
      this.#push({ type: 'presence', room: this.name, event, user, members: this.members });
    else this.#countTimer ??= setTimeout(this.#pushCount, countEveryMs);
  }

  readonly #pushCount = (): void => {
    this.#countTimer = undefined;
    this.#push({ type: 'presence', room: this.name, members: this.members });
  };

  #push(presence: Presence): void {
    this.feed.push(encodePush(this.name, presence));
  }
}
