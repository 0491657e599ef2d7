import { setTimeout as delay } from 'node:timers/promises';
import type { Comparison } from '../cluster/comparison.ts';
import type { Room } from './room.ts';
import type { Rooms } from './rooms.ts';

export type DoubtsOptions = {
  rooms: Pick<Rooms, 'changedElsewhere'>;
  comparison: Pick<Comparison, 'run'>;
  /** Resolves when every change of the room that was under way is committed or undone. */
  settled(name: string): Promise<void>;
  retryDelayMs: (attempt: number) => number;
};

/**
 * A change of a room that failed may have been committed all the same: the answer to its COMMIT was lost. Nothing that was known of the
 * room holds any more then, and who sits in it is looked up again, until the database has answered.
 */
export class Doubts {
  readonly #options: DoubtsOptions;
  /** Rooms in use, in the order in which they are looked up. */
  readonly #rooms = new Set<Room>();
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: DoubtsOptions) {
    this.#options = options;
  }

  /** The outcome of a change of the room; with a failure, the room is in doubt. */
  async outcome<T>(name: string, change: Promise<T>): Promise<T> {
    try {
      return await change;
    } catch (err) {
      this.#doubt(name);
      throw err;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  #doubt(name: string): void {
    const room = this.#options.rooms.changedElsewhere(name);
    if (room === undefined || this.#closing.signal.aborted) return;
    this.#rooms.add(room);
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
    });
  }

  async #work(): Promise<void> {
    const { signal } = this.#closing;
    let attempt = 0;
    while (!signal.aborted) {
      const room = this.#rooms.values().next().value;
      if (room === undefined) return;
      this.#rooms.delete(room);
      if (room.isClosed || (await this.#lookUp(room))) {
        attempt = 0;
        continue;
      }
      this.#rooms.add(room);
      // It ends before its time only when this is closed, which ends the loop as well.
      await delay(this.#options.retryDelayMs(attempt), undefined, { signal }).catch(() => {});
      attempt += 1;
    }
  }

  /** Whether it could be. */
  async #lookUp(room: Room): Promise<boolean> {
    const { rooms, comparison, settled } = this.#options;
    try {
      await settled(room.name);
    } catch {
      return false;
    }
    // What has been found meanwhile may be from before.
    rooms.changedElsewhere(room.name);
    return comparison.run([room]);
  }
}
