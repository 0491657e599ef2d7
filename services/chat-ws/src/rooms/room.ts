import type { ChatUser } from '@parley/common/contracts/chat/chat-user';
import type { Presence } from '@parley/common/contracts/chat/presence';
import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { Visibility } from '@parley/common/contracts/room';
import type { Outlet } from '@parley/common/fanout/outlet';
import type { RoomFeed } from '@parley/common/fanout/room-feed';
import { encodePush, encodePushes } from '../encode.ts';
import { type MemberList, MemberLists } from './member-lists.ts';
import type { RoomLink, RoomPush } from './room-link.ts';

/**
 * A user in a room, with the number of sessions it is here by, and of other nodes that it is there by. `seen`: how far it has told to have
 * seen the log.
 */
type Member = { user: ChatUser; sessions: number; elsewhere: number; seen?: { epoch: string; seq: number } };

const countEveryMs = 1_000;

/** A room that somebody uses: its feed, and who is in it. */
export class Room {
  readonly name: string;
  visibility: Visibility;
  /** Grows with every change of its settings or its membership that is known here. */
  changes = 0;
  /** Nobody is in it any more, and nobody gets in: it was deleted, or is not needed in memory. */
  isClosed = false;
  readonly feed: RoomFeed<LogEntry>;
  /** The first `seq` that the log still has, as far as is known. */
  oldest: number;
  /** While that is being looked up. */
  refreshing: Promise<void> | undefined = undefined;
  /** Who needs the room in memory: sessions in it, links that watch it, joins under way. */
  uses = 0;
  /** The last `seq` that is known to be committed, when the feed may not have it yet. */
  committed = 0;
  readonly link: RoomLink | undefined;
  readonly #detail: number;
  /** Of the members, those with sessions here. */
  #here = 0;
  /** In the order in which they came. */
  readonly #members = new Map<string, Member>();
  readonly #lists: MemberLists;
  /** How often somebody has come, gone, or been renamed. */
  #comings = 0;
  #countTimer: NodeJS.Timeout | undefined = undefined;

  constructor(options: {
    name: string;
    visibility: Visibility;
    oldest: number;
    feed: RoomFeed<LogEntry>;
    /** Up to so many users, everybody is told who comes and goes, types, and has seen what. */
    presenceDetail: number;
    link?: RoomLink | undefined;
  }) {
    this.name = options.name;
    this.visibility = options.visibility;
    this.oldest = options.oldest;
    this.feed = options.feed;
    this.link = options.link;
    this.#detail = options.presenceDetail;
    this.#lists = new MemberLists(options.name);
  }

  /** Users in the room. */
  get members(): number {
    return this.#members.size;
  }

  /** Who is in the room; of a crowd, who was a moment ago. `now`: ms of `performance.now()`. */
  memberList(now: number): MemberList {
    return this.#lists.current(this.#members.values(), { changes: this.#comings, isCrowd: this.#isCrowd, now });
  }

  /** Those who are in the room by way of this node. */
  *usersHere(): Generator<ChatUser> {
    for (const { user, sessions } of this.#members.values()) if (sessions > 0) yield user;
  }

  /** How many they are. */
  get here(): number {
    return this.#here;
  }

  /** The last `seq` that is committed, as far as is known. */
  get head(): number {
    return Math.max(this.committed, this.feed.head);
  }

  /** Entries that have been committed, by whichever node. */
  take(entries: readonly LogEntry[]): void {
    if (this.link === undefined) this.feed.publish(entries);
    else this.link.take(entries);
  }

  /** A session of the user is in the room from now on. */
  enter(user: ChatUser): void {
    const member = this.#memberFor(user);
    member.sessions += 1;
    if (member.sessions > 1) return;
    this.#here += 1;
    this.link?.came(user, this.#here);
    if (member.elsewhere === 0) this.#tell('join', user);
  }

  /** A session of the user has left. */
  leave(user: ChatUser): void {
    const member = this.#members.get(user.id);
    if (member === undefined || member.sessions === 0) return;
    member.sessions -= 1;
    if (member.sessions > 0) return;
    this.#here -= 1;
    this.link?.left(member.user, this.#here);
    this.#goneFrom(member);
  }

  /** The user has another name by now. */
  rename(user: ChatUser): void {
    const member = this.#members.get(user.id);
    if (member === undefined) return;
    member.user = user;
    this.#comings += 1;
    if (member.sessions > 0) this.link?.came(user, this.#here);
  }

  /** The user is in the room by way of so many other nodes more, or fewer; 0: it is called otherwise by now. */
  elsewhere(user: ChatUser, by: -1 | 0 | 1): void {
    if (by < 0) {
      const member = this.#members.get(user.id);
      if (member === undefined || member.elsewhere === 0) return;
      member.elsewhere -= 1;
      this.#goneFrom(member);
      return;
    }
    const member = this.#memberFor(user);
    const isNew = member.sessions + member.elsewhere === 0;
    member.elsewhere += by;
    if (isNew) this.#tell('join', user);
    else if (member.user.name !== user.name) {
      member.user = user;
      this.#comings += 1;
    }
  }

  /**
   * Tells everybody in the room, here and by way of other nodes, but for `except`, who is written `instead`; each is written to once,
   * however many pushes there are. A crowd is told nothing: what each of its users does would go to each of them.
   */
  push(pushes: readonly RoomPush[], { except, instead }: { except?: Outlet; instead?: Buffer } = {}): void {
    if (this.#isCrowd) return;
    this.feed.push(encodePushes(this.name, pushes), except, instead);
    this.link?.passOn(pushes);
  }

  /** The same for those who are here. */
  pushHere(pushes: readonly RoomPush[]): void {
    if (!this.#isCrowd) this.feed.push(encodePushes(this.name, pushes));
  }

  /** Whether the user has not told yet to have seen so far. */
  hasNotSeen({ id }: ChatUser, seq: number): boolean {
    const seen = this.#members.get(id)?.seen;
    return seen === undefined || seen.epoch !== this.feed.epoch || seen.seq < seq;
  }

  saw({ id }: ChatUser, seq: number): void {
    const member = this.#members.get(id);
    if (member !== undefined) member.seen = { epoch: this.feed.epoch, seq };
  }

  /** Somebody who is in the room. */
  user(id: string): ChatUser | undefined {
    return this.#members.get(id)?.user;
  }

  /** Whether the user is in the room. */
  has(user: string): boolean {
    return this.#members.has(user);
  }

  close(): void {
    this.isClosed = true;
    this.link?.end();
    clearTimeout(this.#countTimer);
    this.feed.close();
  }

  get #isCrowd(): boolean {
    return this.members > this.#detail;
  }

  #memberFor(user: ChatUser): Member {
    const known = this.#members.get(user.id);
    if (known !== undefined) return known;
    const member: Member = { user, sessions: 0, elsewhere: 0 };
    this.#members.set(user.id, member);
    return member;
  }

  #goneFrom({ user, sessions, elsewhere }: Member): void {
    if (sessions + elsewhere > 0) return;
    this.#members.delete(user.id);
    this.#tell('leave', user);
  }

  /** A crowd is told its number only, and at most once a second. */
  #tell(event: 'join' | 'leave', user: ChatUser): void {
    this.#comings += 1;
    if (this.isClosed) return;
    if (this.#isCrowd) {
      this.#countTimer ??= setTimeout(this.#pushCount, countEveryMs);
      return;
    }
    // The number that was to be told is in this.
    clearTimeout(this.#countTimer);
    this.#countTimer = undefined;
    this.#push({ type: 'presence', room: this.name, event, user, members: this.members });
  }

  readonly #pushCount = (): void => {
    this.#countTimer = undefined;
    this.#push({ type: 'presence', room: this.name, members: this.members });
  };

  #push(presence: Presence): void {
    this.feed.push(encodePush(this.name, presence));
  }
}
