import type { FanoutLimits } from './limits.ts';
import type { Scheduler } from './scheduler.ts';

/** A room with something to give to its live subscribers. */
export interface Walkable {
  readonly size: number;
  readonly head: number;
  /** Serves up to `most` subscribers; true when none is left. */
  walk(most: number): boolean;
}

/** A subscriber that may be able to take its next chunk. */
export interface Steppable {
  /** Takes one step of catching up; returns the bytes written. */
  step(): number;
}

/**
 * When work is done, for all rooms of a process. A commit only marks its room; the walk over its subscribers comes two turns of the loop
 * later, so that what has come meanwhile is written with it. A large room waits longer, but only while more is being committed: then a
 * burst becomes one write per socket, and a lone entry goes out at once. Catching up and walking are capped per turn, so that neither keeps
 * the loop from its sockets for long.
 */
export class Pump {
  readonly #scheduler: Scheduler;
  readonly #limits: FanoutLimits;
  readonly #isMoreComing: () => boolean;
  #soon: Walkable[] = [];
  /** Rooms whose walk is under way; the first one is served first. */
  #walking: Walkable[] = [];
  #walkScheduled = false;
  #ready: Steppable[] = [];
  #stepScheduled = false;
  #readsUnderWay = 0;
  #readsWaiting: (() => Promise<void>)[] = [];
  readonly #timers = new Set<() => void>();
  #closed = false;

  constructor(scheduler: Scheduler, limits: FanoutLimits, isMoreComing: () => boolean) {
    this.#scheduler = scheduler;
    this.#limits = limits;
    this.#isMoreComing = isMoreComing;
  }

  /** Has the room walked over soon. The room sees to it that it is marked once only. */
  mark(room: Walkable): void {
    if (this.#closed) return;
    if (this.#soon.push(room) === 1) this.#scheduler.turn(this.#oneTurnMore);
  }

  /** Gives the subscriber its turn. A subscriber is never queued twice at a time: it has one reason to wait, or is queued. */
  wake(subscriber: Steppable): void {
    if (this.#closed) return;
    this.#ready.push(subscriber);
    this.#scheduleSteps();
  }

  /** Starts a log read as soon as fewer than the limit are under way. `read` must not reject. */
  read(read: () => Promise<void>): void {
    if (this.#closed) return;
    if (this.#readsUnderWay >= this.#limits.readsAtOnce) {
      this.#readsWaiting.push(read);
      return;
    }
    this.#readsUnderWay += 1;
    void read().finally(() => {
      this.#readsUnderWay -= 1;
      const next = this.#readsWaiting.shift();
      if (next !== undefined) this.read(next);
    });
  }

  /** Runs `work` after `ms`, unless the pump is closed before. */
  later(ms: number, work: () => void): void {
    if (this.#closed) return;
    const cancel = this.#scheduler.later(ms, () => {
      this.#timers.delete(cancel);
      work();
    });
    this.#timers.add(cancel);
  }

  close(): void {
    this.#closed = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    this.#soon = [];
    this.#walking = [];
    this.#ready = [];
    this.#readsWaiting = [];
  }

  readonly #oneTurnMore = (): void => {
    this.#scheduler.turn(this.#startSoon);
  };

  /** A burst is over when nothing has come in for a pause and nothing is about to, or when it has lasted for the longest one. */
  #pause(room: Walkable, pausedMs: number): void {
    const { pausePerSubscriberMs, shortestPauseMs, longestPauseMs } = this.#limits;
    const pauseMs = Math.min(longestPauseMs - pausedMs, Math.max(shortestPauseMs, room.size * pausePerSubscriberMs));
    const { head } = room;
    this.later(pauseMs, () => {
      const isOver = (room.head === head && !this.#isMoreComing()) || pausedMs + pauseMs >= longestPauseMs;
      if (isOver) this.#startWalks([room]);
      else this.#pause(room, pausedMs + pauseMs);
    });
  }

  readonly #startSoon = (): void => {
    const rooms = this.#soon;
    this.#soon = [];
    if (!this.#isMoreComing()) {
      this.#startWalks(rooms);
      return;
    }
    const isLarge = ({ size }: Walkable) => size >= this.#limits.largeRoom;
    for (const room of rooms.filter(isLarge)) this.#pause(room, 0);
    this.#startWalks(rooms.filter((room) => !isLarge(room)));
  };

  #startWalks(rooms: Walkable[]): void {
    if (this.#walking.length === 0) this.#walking = rooms;
    else this.#walking.push(...rooms);
    if (!this.#walkScheduled) this.#walk();
  }

  readonly #walk = (): void => {
    this.#walkScheduled = false;
    let left = this.#limits.walkPerTurn;
    const rooms = this.#walking;
    let done = 0;
    while (done < rooms.length && left > 0) {
      const room = rooms[done]!;
      left -= Math.max(1, room.size);
      // A room that is larger than what a turn allows goes on in the next one.
      if (!room.walk(this.#limits.walkPerTurn)) break;
      done += 1;
    }
    this.#walking = done === rooms.length ? [] : rooms.slice(done);
    if (this.#walking.length === 0) return;
    this.#walkScheduled = true;
    this.#scheduler.turn(this.#walk);
  };

  #scheduleSteps(): void {
    if (this.#stepScheduled) return;
    this.#stepScheduled = true;
    this.#scheduler.turn(this.#steps);
  }

  readonly #steps = (): void => {
    this.#stepScheduled = false;
    const queue = this.#ready;
    this.#ready = [];
    let bytes = 0;
    let done = 0;
    while (
      done < queue.length &&
      done < this.#limits.catchUpChunksPerTurn &&
      bytes < this.#limits.catchUpBytesPerTurn
    ) {
      bytes += queue[done]!.step();
      done += 1;
    }
    // Who has just been served and wants more stands behind those who have not had their turn.
    if (done < queue.length) this.#ready = queue.slice(done).concat(this.#ready);
    if (this.#ready.length > 0) this.#scheduleSteps();
  };
}
