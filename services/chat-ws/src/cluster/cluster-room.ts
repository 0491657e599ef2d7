import type { ChatUser } from '@parley/common/contracts/chat/chat-user';
import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { LogPage } from '../log/room-log.ts';
import type { Room } from '../rooms/room.ts';
import type { RoomLink, RoomPush } from '../rooms/room-link.ts';
import { type Change, Elsewhere, type MembersPart, type PresenceEvent } from './elsewhere.ts';
import type { NodeMessage } from './node-message.ts';
import { RoomEntries, type RoomEntriesOptions } from './room-entries.ts';

/** What a room needs of the cluster. */
export type RoomWire = {
  /** To the nodes that have the room in use. */
  tell(message: NodeMessage): void;
  /** To one node. */
  tellNode(node: string, message: NodeMessage): void;
  /** To all nodes. */
  tellAll(message: NodeMessage): void;
  flush(): Promise<void>;
  /** How many users one message may name. */
  mostUsers(): number;
  /** The other nodes that there are. */
  nodes(): string[];
  /** Ends listening to the room; called once. */
  ended(room: ClusterRoom): void;
};

export type ClusterRoomOptions = Pick<RoomEntriesOptions, 'waitMs' | 'retryDelayMs' | 'now' | 'onRead'> & {
  node: string;
  name: string;
  /** Where the numbers of this node's changes begin; greater than any that were used for the room before. */
  version: number;
  /** How long the others may take to say who is in the room, in ms. */
  answerMs: number;
  wire: RoomWire;
};

/** One room in use here, as far as it concerns other nodes. */
export class ClusterRoom implements RoomLink {
  readonly name: string;
  room: Room | undefined = undefined;
  /** Counts the changes of who is in the room by way of this node. */
  version: number;
  readonly #options: ClusterRoomOptions;
  readonly #elsewhere = new Elsewhere();
  readonly #unanswered = new Set<string>();
  /** Since when answers of nodes are under way: until then, what does not follow is no reason to have everybody told again. */
  readonly #askedAt = new Map<string, number>();
  #answered: (() => void) | undefined;
  #entries: RoomEntries | undefined;
  #isEnded = false;

  constructor(options: ClusterRoomOptions) {
    this.#options = options;
    this.name = options.name;
    this.version = options.version;
  }

  listening(): Promise<void> {
    return this.#options.wire.flush();
  }

  async answered(): Promise<void> {
    const { wire, node, answerMs } = this.#options;
    for (const other of wire.nodes()) {
      this.#unanswered.add(other);
      this.#askedAt.set(other, this.#options.now());
    }
    if (this.#unanswered.size === 0) return;
    const done = Promise.withResolvers<void>();
    this.#answered = done.resolve;
    const timer = setTimeout(done.resolve, answerMs);
    wire.tellAll({ t: 'ask', n: node, room: this.name });
    await done.promise;
    clearTimeout(timer);
    this.#unanswered.clear();
  }

  attach(room: Room, read: (from: number) => Promise<LogPage>): void {
    const { waitMs, retryDelayMs, now, onRead } = this.#options;
    const { feed } = room;
    this.room = room;
    this.#entries = new RoomEntries({
      head: () => feed.head,
      publish: (entries) => feed.publish(entries),
      read,
      waitMs,
      retryDelayMs,
      now,
      onRead,
    });
    this.#apply(this.#elsewhere.all());
  }

  take(entries: readonly LogEntry[]): void {
    this.#entries?.take(entries);
  }

  expect(head: number): void {
    this.#entries?.expect(head);
  }

  came(user: ChatUser, users: number): void {
    this.#tell('join', user, users);
  }

  left(user: ChatUser, users: number): void {
    this.#tell('leave', user, users);
  }

  passOn(pushes: readonly RoomPush[]): void {
    const { wire, node: n } = this.#options;
    const epoch = this.room?.feed.epoch;
    if (epoch === undefined) return;
    const most = wire.mostUsers();
    for (let from = 0; from < pushes.length; from += most) {
      const [m, ...more] = pushes.slice(from, from + most);
      if (m !== undefined) wire.tell({ t: 'push', n, epoch, m, ...(more.length > 0 && { more }) });
    }
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#entries?.close();
    const { wire, node } = this.#options;
    if (this.room !== undefined && this.room.here > 0) {
      // It was deleted: those who are in it go with it, and are in none that has its name by now.
      this.version += 1;
      wire.tellAll({ t: 'members', n: node, room: this.name, v: this.version, part: 0, parts: 1, users: [] });
    }
    wire.ended(this);
  }

  /** Another node tells of one of its users. */
  heardPresence(node: string, event: PresenceEvent): void {
    const changes = this.#elsewhere.event(node, event, this.#options.now());
    if (changes === undefined) this.#ask(node);
    else this.#apply(changes);
  }

  /** Another node tells of all of its users. */
  heardMembers(node: string, part: MembersPart): void {
    const changes = this.#elsewhere.members(node, part, this.#options.now());
    if (changes === undefined) return;
    this.#askedAt.delete(node);
    this.#apply(changes);
    this.#unanswered.delete(node);
    if (this.#unanswered.size === 0) this.#answered?.();
  }

  /** Another node has users here, as of this version. */
  heardVersion(node: string, version: number): void {
    if (!this.#elsewhere.confirm(node, version, this.#options.now())) this.#ask(node);
  }

  heardGone(node: string): void {
    this.#askedAt.delete(node);
    this.#apply(this.#elsewhere.gone(node));
  }

  /** Gives up what no node has confirmed since `before`. */
  expire(before: number): void {
    this.#apply(this.#elsewhere.expire(before));
  }

  #ask(node: string): void {
    const { now, answerMs } = this.#options;
    const askedAt = this.#askedAt.get(node);
    if (askedAt !== undefined && now() - askedAt < answerMs) return;
    this.#askedAt.set(node, now());
    this.#options.wire.tellNode(node, { t: 'ask', n: this.#options.node, room: this.name });
  }

  #tell(event: 'join' | 'leave', user: ChatUser, users: number): void {
    if (this.#isEnded) return;
    this.version += 1;
    const { wire, node } = this.#options;
    wire.tell({ t: 'presence', n: node, event, user, v: this.version, users });
  }

  #apply(changes: readonly Change[]): void {
    if (this.room === undefined) return;
    for (const { user, by } of changes) this.room.elsewhere(user, by);
  }
}
