import type { Chat } from '../chat.ts';
import { type RoomSeats, roomChanged, seatsChanged } from '../room-effects.ts';
import type { Room } from '../rooms/room.ts';
import type { RoleRow, RoomState } from './room-states.ts';

export type ComparisonOptions = {
  chat: Pick<Chat, 'rooms' | 'sessions' | 'logger'>;
  states(names: readonly string[]): Promise<Map<string, RoomState>>;
  roles(about: { rooms: readonly number[]; users: readonly string[] }): Promise<RoleRow[]>;
};

/** Rooms in one query, and users in one. */
const atOnce = 1_000;

/**
 * Compares rooms in use with the database, which is what holds: entries, deletions, visibility, and what the users who are here may do.
 * One runs at a time; who asks meanwhile gets another one.
 */
export class Comparison {
  readonly #options: ComparisonOptions;
  /** Per room: the membership as of which its seats are. */
  readonly #seatsAsOf = new WeakMap<Room, number>();
  readonly #wanted = new Set<Room>();
  #running: Promise<boolean> | undefined;
  #isClosed = false;

  constructor(options: ComparisonOptions) {
    this.#options = options;
  }

  /** Compares the rooms, or all of them, with what is committed by now; false when one of them could not be. */
  async run(rooms: Iterable<Room> = this.#options.chat.rooms.values()): Promise<boolean> {
    for (const room of rooms) this.#wanted.add(room);
    const earlier = await this.#running;
    if (this.#isClosed) return false;
    if (this.#wanted.size === 0) return earlier ?? true;
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #work(): Promise<boolean> {
    let hasFailed = false;
    while (this.#wanted.size > 0 && !this.#isClosed) {
      const some = [...this.#wanted.values().take(atOnce)];
      for (const room of some) this.#wanted.delete(room);
      try {
        const changes = new Map(some.map((room) => [room, room.changes]));
        const states = await this.#options.states(some.map(({ name }) => name));
        const changed = new Map<Room, RoomState>();
        for (const room of some) {
          const state = this.#compare(room, states.get(room.name), changes.get(room));
          if (state !== undefined && this.#seatsAsOf.get(room) !== state.changes) changed.set(room, state);
        }
        if (changed.size > 0) await this.#compareSeats(changed);
      } catch (err) {
        hasFailed = true;
        this.#options.chat.logger.debug({ err }, 'rooms cannot be compared with the database now');
      }
    }
    return !hasFailed;
  }

  /** Gives the state back, if it is the same room, and not older than what is known here: `changes` is from before it was read. */
  #compare(room: Room, state: RoomState | undefined, changes: number | undefined): RoomState | undefined {
    const { chat } = this.#options;
    const { name, feed } = room;
    if (room.isClosed) return undefined;
    if (state?.epoch !== feed.epoch) {
      chat.rooms.deleted(name, feed.epoch);
      return undefined;
    }
    if (state.head > feed.head) room.link?.expect(state.head);
    if (room.changes !== changes) {
      this.#wanted.add(room);
      return undefined;
    }
    if (state.visibility !== room.visibility) roomChanged(chat, { ...state, room: name });
    return state;
  }

  async #compareSeats(changed: ReadonlyMap<Room, RoomState>): Promise<void> {
    const { chat } = this.#options;
    const users = new Set<string>();
    const seats = new Map<Room, RoomSeats>();
    const asOf = new Map<Room, number>();
    for (const room of changed.keys()) {
      // Who is about to take a seat looks again.
      chat.rooms.changedElsewhere(room.name);
      asOf.set(room, room.changes);
      const here = Array.from(room.usersHere(), ({ id }) => id);
      if (here.length > 0) seats.set(room, { users: new Set(here), roles: new Map() });
      for (const id of here) users.add(id);
    }
    const byId = new Map([...seats].map(([room, roomSeats]) => [changed.get(room)!.id, roomSeats]));
    await this.#readRoles(byId, [...users]);
    for (const [room, { changes }] of changed) {
      if (room.changes === asOf.get(room)) this.#seatsAsOf.set(room, changes);
      else {
        // It has been changed while this was read, which may be from before: the next round tells.
        seats.delete(room);
        this.#wanted.add(room);
      }
    }
    if (seats.size > 0) seatsChanged(chat, seats);
  }

  async #readRoles(rooms: ReadonlyMap<number, RoomSeats>, users: readonly string[]): Promise<void> {
    for (let from = 0; from < users.length; from += atOnce) {
      const some = users.slice(from, from + atOnce);
      for (const { room_id, user_id, role } of await this.#options.roles({ rooms: [...rooms.keys()], users: some }))
        rooms.get(room_id)?.roles.set(user_id, role);
    }
  }
}
