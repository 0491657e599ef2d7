import type { Join } from '@parley/common/contracts/chat/join';
import type { LogEntry } from '@parley/common/contracts/log-entry';
import type { MemberRole } from '@parley/common/contracts/room';
import type { Fanout } from '@parley/common/fanout/fanout';
import { ParleyError } from '@parley/common/runtime/errors';
import type { LogPage, RoomCreation, RoomHead, RoomLog } from '../log/room-log.ts';
import { AccessCache, type KnownAccess } from './access-cache.ts';
import { needsOldest } from './join-place.ts';
import { type Actor, checkUse, noSuchRoom } from './rights.ts';
import { Room } from './room.ts';
import type { LinkRoom, RoomLink } from './room-link.ts';

export type RoomsOptions = {
  log: RoomLog;
  fanout: Fanout<LogEntry>;
  presenceDetail: number;
  /** The room is no more, and those who are in it have to go. */
  onGone: (room: Room) => void;
  /** Undefined: this node is the only one. */
  linkRoom?: LinkRoom | undefined;
  /** About how many users are in a room that is not in use here, by way of other nodes. */
  usersElsewhere?: ((room: string) => number) | undefined;
};

/** Entries in one read of a hole. */
const holeEntries = 512;

/** A room being opened: the last `seq` of each epoch that was committed meanwhile, and whether it was changed. */
type Opening = { room: Promise<Room | undefined>; heads: Map<string, number>; isStale: boolean };

/** `create`: make the room if it does not exist. `after`: what the reader has. */
export type RoomWish = { create?: RoomCreation | undefined; after?: Join['after'] };

/** The rooms that are in use, by name. A room that nobody uses leaves memory; its log stays. */
export class Rooms {
  readonly #log: RoomLog;
  readonly #fanout: Fanout<LogEntry>;
  readonly #presenceDetail: number;
  readonly #onGone: (room: Room) => void;
  readonly #linkRoom: LinkRoom | undefined;
  readonly #usersElsewhere: ((room: string) => number) | undefined;
  readonly #rooms = new Map<string, Room>();
  readonly #opening = new Map<string, Opening>();
  /** Rooms that are being looked up because another epoch was heard of: a storm of such news takes one look at a time. */
  readonly #doubted = new Set<Room>();
  readonly #access: AccessCache;

  constructor({ log, fanout, presenceDetail, onGone, linkRoom, usersElsewhere }: RoomsOptions) {
    this.#log = log;
    this.#fanout = fanout;
    this.#presenceDetail = presenceDetail;
    this.#onGone = onGone;
    this.#linkRoom = linkRoom;
    this.#usersElsewhere = usersElsewhere;
    this.#access = new AccessCache(log);
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** The room, if it is in use. */
  get(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  /** Users in a room, by way of any node. */
  usersIn(name: string): number {
    return this.#rooms.get(name)?.members ?? this.#usersElsewhere?.(name) ?? 0;
  }

  values(): Iterable<Room> {
    return this.#rooms.values();
  }

  /**
   * Takes the room into use for a user, and hands it to `taken` in the same turn in which the user's right to it was seen; `release` has to
   * follow. @throws ParleyError NOT_FOUND, FORBIDDEN, LIMIT_REACHED, UNAVAILABLE
   */
  async use<T>(
    name: string,
    actor: Actor,
    wish: RoomWish,
    taken: (room: Room, role: MemberRole | undefined) => T,
  ): Promise<T> {
    for (;;) {
      const room = await this.open(name, wish);
      let isTaken = false;
      try {
        const { changes } = room;
        const access = await this.#log.access(name, actor.id);
        if (room.isClosed || room.changes !== changes) continue;
        if (access?.head.epoch !== room.feed.epoch) {
          // It was deleted elsewhere, and perhaps made again.
          this.#end(room);
          continue;
        }
        const role = access?.role;
        checkUse({ visibility: room.visibility, role }, actor);
        isTaken = true;
        return taken(room, role);
      } finally {
        if (!isTaken) this.release(room);
      }
    }
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
    if (this.#rooms.get(room.name) === room) this.#rooms.delete(room.name);
    room.close();
  }

  /**
   * What decides about rights in the room: at once if it is known. @throws ParleyError NOT_FOUND, also for who may not know of it; FORBIDDEN
   */
  facts(name: string, actor: Actor, now: number): KnownAccess | Promise<KnownAccess> {
    const room = this.#rooms.get(name);
    const facts = room ? { visibility: room.visibility, epoch: room.feed.epoch } : this.#access.facts(name, now);
    const known = this.#access.role(name, actor, now);
    if (facts === undefined || known === undefined) return this.#lookUp(name, actor, now);
    // One of them is of a room that is no more.
    if (known.epoch !== undefined && known.epoch !== facts.epoch) return this.#lookUp(name, actor, now);
    const access = { visibility: facts.visibility, role: known.role, epoch: facts.epoch };
    checkUse(access, actor);
    return access;
  }

  /** Entries that have been committed, here or on another node; consecutive. */
  committed(name: string, epoch: string, entries: readonly LogEntry[]): void {
    this.#heardOf(name, epoch, entries.at(-1)?.seq ?? 0)?.take(entries);
  }

  /** The same, when the entries are to be had from the log only. */
  committedUpTo(name: string, epoch: string, head: number): void {
    this.#heardOf(name, epoch, head)?.link?.expect(head);
  }

  /** The room, or who is a member of it, has been changed by another node, or may have been: what is known of it is so no more. */
  changedElsewhere(name: string): Room | undefined {
    this.#access.forget(name);
    this.#stale(name);
    const room = this.#rooms.get(name);
    if (room !== undefined) room.changes += 1;
    return room;
  }

  /** The room has been deleted: who is in it leaves it, whatever has been made under its name since. */
  deleted(name: string, epoch: string): void {
    this.#access.forget(name);
    this.#stale(name);
    const room = this.#rooms.get(name);
    if (room?.feed.epoch === epoch) this.#end(room);
  }

  /** The room's settings have changed; gives it, if it is in use. */
  changed({ room: name, epoch, visibility }: Pick<RoomHead, 'room' | 'epoch' | 'visibility'>): Room | undefined {
    this.#access.forget(name);
    this.#stale(name);
    const room = this.#rooms.get(name);
    if (room?.feed.epoch !== epoch) return undefined;
    room.visibility = visibility;
    room.changes += 1;
    return room;
  }

  /** A user's membership has begun, changed or ended; gives the room, if it is in use. */
  memberChanged(name: string, user: string): Room | undefined {
    this.#access.forget(name, user);
    const room = this.#rooms.get(name);
    if (room !== undefined) room.changes += 1;
    return room;
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
    const opening: Opening = { room: Promise.resolve(undefined), heads: new Map(), isStale: false };
    this.#opening.set(name, opening);
    opening.room = this.#read(name, create, opening);
    return opening.room;
  }

  async #read(name: string, create: RoomCreation | undefined, opening: Opening): Promise<Room | undefined> {
    const link = this.#linkRoom?.(name);
    let room: Room | undefined;
    try {
      if (link !== undefined) await link.listening();
      for (;;) {
        opening.isStale = false;
        const answered = link?.answered();
        const head = await this.#log.openRoom(name, create);
        if (answered !== undefined) await answered;
        if (opening.isStale) continue;
        if (head === undefined) return undefined;
        room = this.#create(head, { committed: opening.heads.get(head.epoch) ?? 0, link });
        this.#rooms.set(name, room);
        return room;
      }
    } finally {
      this.#opening.delete(name);
      if (room === undefined) link?.end();
    }
  }

  /** The room that something was committed to, if it is this one and in use. */
  #heardOf(name: string, epoch: string, head: number): Room | undefined {
    const heads = this.#opening.get(name)?.heads;
    heads?.set(epoch, Math.max(heads.get(epoch) ?? 0, head));
    const room = this.#rooms.get(name);
    if (room === undefined || room.feed.epoch === epoch) return room;
    if (!this.#doubted.has(room)) {
      this.#doubted.add(room);
      void this.#verify(room).finally(() => this.#doubted.delete(room));
    }
    return undefined;
  }

  #stale(name: string): void {
    const opening = this.#opening.get(name);
    if (opening !== undefined) opening.isStale = true;
  }

  /** What was committed after the head had been read, and before the room was there to be told, is in the log. */
  #create(
    { room: name, epoch, head, oldest, visibility }: RoomHead,
    { committed, link }: { committed: number; link: RoomLink | undefined },
  ): Room {
    const feed = this.#fanout.openFeed({
      room: name,
      epoch,
      head: Math.max(head, committed),
      read: (from, limit) => this.#readPage(room, from, limit),
    });
    const room = new Room({ name, visibility, oldest, feed, presenceDetail: this.#presenceDetail, link });
    link?.attach(room, (from) => this.#readPage(room, from, holeEntries));
    return room;
  }

  /** The log may be another one by now: nothing of that is for those who are in this room. @throws ParleyError NOT_FOUND, UNAVAILABLE */
  async #readPage(room: Room, from: number, limit: number): Promise<LogPage> {
    try {
      const page = await this.#log.read(room.name, from, limit);
      if (page.epoch !== room.feed.epoch) throw noSuchRoom();
      room.oldest = page.oldest;
      return page;
    } catch (err) {
      if (err instanceof ParleyError && err.code === 'NOT_FOUND') this.#end(room);
      throw err;
    }
  }

  /** Another epoch was heard of: either it is late news of a room that is no more, or this one has been deleted and made again. */
  async #verify(room: Room): Promise<void> {
    try {
      const head = await this.#log.openRoom(room.name);
      if (head?.epoch !== room.feed.epoch) this.#end(room);
    } catch {
      // Not known now; the next entry of that epoch asks again.
    }
  }

  /** Takes the room out of use, and everybody out of it. */
  #end(room: Room): void {
    if (room.isClosed) return;
    if (this.#rooms.get(room.name) === room) this.#rooms.delete(room.name);
    this.#access.forget(room.name);
    room.close();
    this.#onGone(room);
  }

  async #readOldest(room: Room): Promise<void> {
    const head = await this.#log.openRoom(room.name);
    if (head?.epoch !== room.feed.epoch) return;
    room.oldest = head.oldest;
    room.committed = Math.max(room.committed, head.head);
    if (head.head > room.feed.head) room.link?.expect(head.head);
  }

  async #lookUp(name: string, actor: Actor, now: number): Promise<KnownAccess> {
    const access = await this.#access.lookUp(name, actor, now);
    const room = this.#rooms.get(name);
    if (room !== undefined && room.feed.epoch !== access?.epoch) void this.#verify(room);
    if (access === undefined) throw noSuchRoom();
    checkUse(access, actor);
    return access;
  }
}
