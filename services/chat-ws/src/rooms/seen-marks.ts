import type { ChatUser } from '@parley/common/contracts/chat/chat-user';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Logger } from '@parley/common/runtime/logger';
import type { KeptMark } from '../log/seen.ts';
import type { Room } from './room.ts';

export type SeenMarksOptions = {
  /** Stores marks in one transaction. */
  store(marks: readonly KeptMark[]): Promise<void>;
  /** How long marks are gathered before rooms are told and they are stored, in ms. */
  gatherMs: number;
  /** Marks that may wait to be stored, while the database is away. */
  maxWaiting: number;
  /** How long to wait before a write is repeated that has failed `attempt + 1` times in a row. */
  retryDelayMs: (attempt: number) => number;
  log: Logger;
};

/** Marks in one transaction at most. */
const batchSize = 500;

type Mark = { seq: number; at: number };
type Told = { room: Room; epoch: string; user: ChatUser; seq: number };

/**
 * Who has seen what, on its way to the rooms and to the database: of a user's marks in a room only the furthest goes on. Guests' marks
 * are told and not kept: a guest comes once under its id, and they would only add up.
 */
export class SeenMarks {
  readonly #options: SeenMarksOptions;
  readonly #untold = new Map<string, Told>();
  readonly #unwritten = new Map<string, KeptMark>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  /** One transaction of that. */
  #storing: Promise<void> | undefined;
  #wake: () => void = () => {};
  #isClosing = false;

  constructor(options: SeenMarksOptions) {
    this.#options = options;
  }

  /** Marks that are not stored yet. */
  get waiting(): number {
    return this.#unwritten.size;
  }

  /** Notes a mark of somebody who is in the room. @throws ParleyError UNAVAILABLE when too many wait */
  mark(room: Room, user: ChatUser, { seq, at }: Mark): void {
    const { name, feed } = room;
    const { epoch } = feed;
    const key = `${name} ${epoch} ${user.id}`;
    // Somebody who left and came back may have a mark that still waits.
    if (!room.hasNotSeen(user, seq) || (this.#unwritten.get(key)?.seq ?? 0) >= seq) return;
    const { size } = user.guest ? this.#untold : this.#unwritten;
    if (size >= this.#options.maxWaiting && !this.#unwritten.has(key) && !this.#untold.has(key)) {
      throw new ParleyError('UNAVAILABLE', 'Too many marks are waiting to be stored.', { retryAfterMs: 1_000 });
    }
    room.saw(user, seq);
    this.#untold.set(key, { room, epoch, user, seq });
    if (!user.guest) this.#unwritten.set(key, { room: name, epoch, user: { id: user.id, name: user.name }, seq, at });
    this.#timer ??= setTimeout(this.#flush, this.#options.gatherMs);
  }

  /** Drops what waits of a user who is no more. */
  forget(id: string): void {
    for (const [key, { user }] of this.#untold) if (user.id === id) this.#untold.delete(key);
    for (const [key, { user }] of this.#unwritten) if (user.id === id) this.#unwritten.delete(key);
  }

  /** Resolves when nothing is being stored any more that has been forgotten meanwhile. */
  async stored(): Promise<void> {
    await this.#storing?.catch(() => {});
  }

  /** Stores what waits. What cannot be stored now is lost, and said to be. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#wake();
    this.#flush();
    await this.#writing;
  }

  readonly #flush = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#tell();
    if (this.#unwritten.size === 0) return;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  };

  /** A room is told all of its marks at once. */
  #tell(): void {
    const byRoom = Map.groupBy(this.#untold.values(), ({ room }) => room);
    this.#untold.clear();
    for (const [room, told] of byRoom) {
      const { name, feed } = room;
      const current = told.filter(({ epoch }) => epoch === feed.epoch);
      room.push(current.map(({ user, seq }) => ({ type: 'seen', room: name, user, seq })));
    }
  }

  async #write(): Promise<void> {
    for (let failures = 0; this.#unwritten.size > 0; ) {
      const batch = [...this.#unwritten.entries().take(batchSize)];
      try {
        this.#storing = this.#options.store(batch.map(([, mark]) => mark));
        await this.#storing;
        failures = 0;
        // What has moved on meanwhile is written again.
        for (const [key, mark] of batch) if (this.#unwritten.get(key) === mark) this.#unwritten.delete(key);
      } catch (err) {
        if (this.#isClosing) {
          this.#options.log.error({ err, marks: this.#unwritten.size }, 'seen marks are lost: they cannot be stored');
          return;
        }
        this.#options.log[failures === 0 ? 'warn' : 'debug']({ err }, 'seen marks cannot be stored; trying again');
        await this.#pause(this.#options.retryDelayMs(failures));
        failures += 1;
      }
    }
  }

  /** Ends early when the marks are closed. */
  async #pause(ms: number): Promise<void> {
    if (this.#isClosing) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
