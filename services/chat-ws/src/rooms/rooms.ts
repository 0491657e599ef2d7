import type { ChatUser } from '@parley/common/contracts/chat/chat-user';
import type { Join } from '@parley/common/contracts/chat/join';
import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { Fanout } from '@parley/common/fanout/fanout';
import { ParleyError } from '@parley/common/runtime/errors';
import type { RoomCreation, RoomHead, RoomLog } from '../log/room-log.ts';
import { needsOldest } from './join-place.ts';
import { mayUse, type RoomFacts } from './rights.ts';
import { Room } from './room.ts';

export type RoomsOptions = {
  log: RoomLog;
  fanout: Fanout<LogEntry>;
  presenceDetail: number;
};

/** `create`: make the room if it does not exist. `after`: what the reader has. */
export type RoomWish = { create?: RoomCreation | undefined; after?: Join['after'] };

/** What is known of a room that nobody is in; looked up again after a while. */
type KnownFacts = RoomFacts & { until: number };

const factsKept = 10_000;
const factsMs = 10_000;

const noSuchRoom = () => new ParleyError('NOT_FOUND', 'There is no such room.');

/** The rooms that are in use, by name. A room that nobody uses leaves memory; its log stays. */
export class Rooms {
  readonly #log: RoomLog;
  readonly #fanout: Fanout<LogEntry>;
  readonly #presenceDetail: number;
  readonly #rooms = new Map<string, Room>();
  /** Rooms being opened, with the last `seq` that was committed meanwhile. */
  readonly #opening = new Map<string, { room: Promise<Room | undefined>; head: number }>();
  readonly #facts = new Map<string, KnownFacts>();

  constructor({ log, fanout, presenceDetail }: RoomsOptions) {
    this.#log = log;
    this.#fanout = fanout;
    this.#presenceDetail = presenceDetail;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** The room, if it is in use. */
  get(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  values(): Iterable<Room> {
    return this.#rooms.values();
  }

  /**
   * Takes the room into use for a user; `release` has to follow. @throws ParleyError NOT_FOUND, LIMIT_REACHED, UNAVAILABLE
   */
  async use(name: string, user: Pick<ChatUser, 'id' | 'guest'>, wish: RoomWish = {}): Promise<Room> {
    const room = await this.open(name, wish);
    if (mayUse(room, user)) return room;
    this.release(room);
    throw noSuchRoom();
  }

  /** The same for who may use every room: a gateway's link. */
  async open(name: string, { create, after }: RoomWish = {}): Promise<Room> {
    for (;;) {
      const room = this.#rooms.get(name) ?? (await this.#opened(name, create));
      if (room === undefined) throw noSuchRoom();
      // Who opened it with us may have released it again before our turn came.
      if (this.#rooms.get(name) !== room) continue;
      room.uses += 1;
      try {
        await this.refreshOldest(room, after);
      } catch (err) {
        this.release(room);
        throw err;
      }
      return room;
    }
  }

  /**
   * Finds out which entry is the log's first by now, if that matters to who joins with `after`: while a room is in memory, nobody is
   * told of what is trimmed. Who asks at the same time shares one look. @throws ParleyError UNAVAILABLE
   */
  async refreshOldest(room: Room, after: Join['after']): Promise<void> {
    if (!needsOldest(after, room.feed)) return;
    room.refreshing ??= this.#readOldest(room).finally(() => {
      room.refreshing = undefined;
    });
    await room.refreshing;
  }

  release(room: Room): void {
    room.uses -= 1;
    if (room.uses > 0) return;
    this.#rooms.delete(room.name);
    room.close();
  }

  /** What decides about rights in the room: at once if it is known. @throws ParleyError NOT_FOUND, also for who may not know of it */
  facts(name: string, user: Pick<ChatUser, 'id' | 'guest'>, now: number): RoomFacts | Promise<RoomFacts> {
    const known = this.#rooms.get(name) ?? this.#knownFacts(name, now);
    if (known === undefined) return this.#lookUp(name, user, now);
    if (!mayUse(known, user)) throw noSuchRoom();
    return known;
  }

  /** Entries that have been committed, in order. */
  committed(name: string, epoch: string, entries: LogEntry[]): void {
    const head = entries.at(-1)?.seq ?? 0;
    const opening = this.#opening.get(name);
    if (opening !== undefined) opening.head = Math.max(opening.head, head);
    const room = this.#rooms.get(name);
    if (room === undefined) return;
    if (room.feed.epoch === epoch) room.feed.publish(entries);
    else room.feed.reset(epoch, head);
  }

  /** Ends every room. */
  close(): void {
    for (const room of this.#rooms.values()) room.close();
    this.#rooms.clear();
  }

  #opened(name: string, create: RoomCreation | undefined): Promise<Room | undefined> {
    const under = this.#opening.get(name);
    // Somebody who may not create it may have asked first.
    if (under !== undefined)
      return create === undefined ? under.room : under.room.then((room) => room ?? this.#opened(name, create));
    const opening = { room: this.#read(name, create), head: 0 };
    this.#opening.set(name, opening);
    return opening.room;
  }

  async #read(name: string, create: RoomCreation | undefined): Promise<Room | undefined> {
    try {
      const head = await this.#log.openRoom(name, create);
      if (head === undefined) return undefined;
      const room = this.#create(head, this.#opening.get(name)?.head ?? 0);
      this.#rooms.set(name, room);
      return room;
    } finally {
      this.#opening.delete(name);
    }
  }

  /** What was committed after the head had been read, and before the room was there to be told, is in the log. */
  #create({ room: name, epoch, head, oldest, visibility, createdBy }: RoomHead, committedHead: number): Room {
    const feed = this.#fanout.openFeed({
      room: name,
      epoch,
      head: Math.max(head, committedHead),
      read: async (from, limit) => {
        const page = await this.#log.read(name, from, limit);
        room.oldest = page.oldest;
        if (page.epoch !== feed.epoch) feed.reset(page.epoch, page.head);
        return page;
      },
    });
    const room = new Room({ name, visibility, createdBy, oldest, feed, presenceDetail: this.#presenceDetail });
    return room;
  }

  async #readOldest(room: Room): Promise<void> {
    const head = await this.#log.openRoom(room.name);
    if (head?.epoch === room.feed.epoch) room.oldest = head.oldest;
  }

  #knownFacts(name: string, now: number): RoomFacts | undefined {
    const known = this.#facts.get(name);
    if (known === undefined || known.until > now) return known;
    this.#facts.delete(name);
    return undefined;
  }

  async #lookUp(name: string, user: Pick<ChatUser, 'id' | 'guest'>, now: number): Promise<RoomFacts> {
    const head = await this.#log.openRoom(name);
    if (head === undefined || !mayUse(head, user)) throw noSuchRoom();
    const { visibility, createdBy } = head;
    if (this.#facts.size >= factsKept) this.#facts.delete(this.#facts.keys().next().value!);
    this.#facts.set(name, { visibility, createdBy, until: now + factsMs });
    return head;
  }
}
