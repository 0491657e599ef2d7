import type { ChatUser } from '@parley/common/contracts/chat/chat-user';
import type { Room } from './room.ts';

export type AbsencesOptions = {
  /** How long somebody whose connection was lost is still in its rooms. */
  graceMs: number;
  /** Absences at most; beyond, who is lost leaves at once. */
  most: number;
  release(room: Room): void;
};

type Absence = { readonly room: Room; readonly user: ChatUser; readonly until: number };

/**
 * Places in rooms of those whose connection was lost without a goodbye: they may be back in a moment, and nobody needs to be told then.
 * Of a user there is one in a room at most; it counts as a session there, and as a use of the room, until the user is back or its time
 * is over.
 */
export class Absences {
  readonly #options: AbsencesOptions;
  /** In the order in which they end. */
  readonly #all = new Set<Absence>();
  readonly #byRoom = new Map<Room, Map<string, Absence>>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: AbsencesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Takes over the place of a session that is lost, at `now` (of a clock that only goes forward, in ms). */
  begin(room: Room, user: ChatUser, now: number): void {
    const { graceMs, most } = this.#options;
    this.end(room, user.id);
    const absence = { room, user, until: now + graceMs };
    if (this.#isClosed || graceMs === 0 || this.#all.size >= most) {
      this.#leave(absence);
      return;
    }
    this.#all.add(absence);
    const inRoom = this.#byRoom.get(room);
    if (inRoom === undefined) this.#byRoom.set(room, new Map([[user.id, absence]]));
    else inRoom.set(user.id, absence);
    this.#timer ??= setTimeout(this.#expire, graceMs);
  }

  /** The user is back in the room, or has to leave it now. */
  end(room: Room, user: string): void {
    const absence = this.#byRoom.get(room)?.get(user);
    if (absence !== undefined) this.#end(absence);
  }

  /** The user is no more. */
  endAll(user: string): void {
    for (const absence of this.#all) if (absence.user.id === user) this.#end(absence);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const absence of this.#all) this.#end(absence);
  }

  readonly #expire = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    for (const absence of this.#all) {
      if (absence.until > now) {
        this.#timer = setTimeout(this.#expire, absence.until - now);
        return;
      }
      this.#end(absence);
    }
  };

  #end(absence: Absence): void {
    const { room, user } = absence;
    this.#all.delete(absence);
    const inRoom = this.#byRoom.get(room);
    inRoom?.delete(user.id);
    if (inRoom?.size === 0) this.#byRoom.delete(room);
    this.#leave(absence);
  }

  #leave({ room, user }: Absence): void {
    room.leave(user);
    this.#options.release(room);
  }
}
