import { EntryRun, type EntryWork, type Piece } from './entry-run.ts';
import type { Sequenced } from './outlet.ts';

/**
 * Memory that the tails of all rooms share. When it is used up, the room that has been quiet longest gives up its oldest entries first.
 */
export class TailBudget {
  usedBytes = 0;
  readonly #limitBytes: number;
  /** In the order of their last commits. */
  readonly #tails = new Set<{ dropOldest(): boolean }>();

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The tail has just grown. */
  touched(tail: { dropOldest(): boolean }): void {
    this.#tails.delete(tail);
    this.#tails.add(tail);
    while (this.usedBytes > this.#limitBytes) {
      const quietest = this.#tails.values().next().value;
      if (quietest === undefined) return;
      if (!quietest.dropOldest()) this.#tails.delete(quietest);
    }
  }

  /** The tail is empty. */
  emptied(tail: { dropOldest(): boolean }): void {
    this.#tails.delete(tail);
  }
}

/** The latest entries of one room, in memory: bounded in bytes, and within the budget of all rooms. */
export class Tail<E extends Sequenced> {
  readonly #run: EntryRun<E>;
  readonly #limitBytes: number;
  readonly #budget: TailBudget;
  #accounted = 0;

  constructor(options: {
    head: number;
    limitBytes: number;
    budget: TailBudget;
    work: EntryWork<E>;
  }) {
    this.#run = new EntryRun<E>(options.head + 1, options.work);
    this.#limitBytes = options.limitBytes;
    this.#budget = options.budget;
  }

  /** The first `seq` in memory; the one after the head when there is none. */
  get first(): number {
    return this.#run.first;
  }

  get bytes(): number {
    return this.#run.bytes;
  }

  /** Adds consecutive entries that follow the last one, encoded for the formats that are in use. Changes among them take effect. */
  append(entries: readonly E[], formats: Iterable<number>): void {
    const from = this.#run.next;
    for (const entry of entries) {
      this.#run.append(entry);
      if (entry.of !== undefined) this.#run.amend(entry);
    }
    for (const format of formats) {
      for (let seq = from; seq < this.#run.next; seq++) this.#run.encoding(seq, format);
    }
    this.#grown();
  }

  /** Forgets everything; the next entry will be `next`. */
  clear(next: number): void {
    this.#run.clear(next);
    this.#account();
    this.#budget.emptied(this);
  }

  /** Gives up the oldest entry; false when there was none. */
  dropOldest(): boolean {
    if (this.#run.length === 0) return false;
    this.#run.dropFirst();
    this.#account();
    return true;
  }

  /**
   * See EntryRun: the entries from `from`, which is in memory, as one buffer. What had to be encoded for that, because of another format
   * or a change that made many entries large, may cost the oldest entries their place.
   */
  piece(from: number, format: number, most: number): Piece {
    const piece = this.#run.piece(from, format, most);
    if (this.#run.bytes !== this.#accounted) this.#grown();
    return piece;
  }

  forgetPieces(): void {
    this.#run.forgetPieces();
  }

  #grown(): void {
    while (this.#run.bytes > this.#limitBytes && this.#run.length > 0) this.#run.dropFirst();
    this.#account();
    this.#budget.touched(this);
  }

  #account(): void {
    this.#budget.usedBytes += this.#run.bytes - this.#accounted;
    this.#accounted = this.#run.bytes;
  }
}
