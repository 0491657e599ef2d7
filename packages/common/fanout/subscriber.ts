import type { EntryRun } from './entry-run.ts';
import type { Outlet, Sequenced } from './outlet.ts';

/** A stretch read from the log for whoever waits for it: its entries, and the first `seq` that the log still has from there on. */
export type LogChunk<E extends Sequenced> = { readonly run: EntryRun<E>; readonly first: number };

/**
 * One client in one room: a cursor.
 *
 * - `live`: has been given everything up to the last walk; commits are written to it as they come.
 * - `behind`: commits are not written to it; it takes chunks from the tail or the log as its socket drains. It always waits for exactly
 *   one thing: its turn in the pump, its socket's flush, or a log read. Joining with a position begins here.
 * - `gone`: removed; whatever it waited for finds it so and does nothing.
 *
 * live → behind: its socket holds more than the limit after a write, or its next entry is not in memory any more.
 * behind → live: it has been given everything up to the head, in the very turn in which the last chunk was written, so that no commit can
 * slip in between. Either → gone.
 */
export class Subscriber<E extends Sequenced = Sequenced> {
  readonly outlet: Outlet;
  /** Index of the outlet's encoder. */
  readonly format: number;
  /** The first `seq` it has not been given. */
  next: number;
  state: 'live' | 'behind' | 'gone' = 'live';
  /** It asked for the log from its beginning: what has been trimmed there is not missing. */
  fromFirst: boolean;
  /** It knows of a log up to there: of what its feed does not know yet, it must not be given what that has changed meanwhile. */
  asOf: number;
  /** What a log read has brought for it. */
  chunk: LogChunk<E> | undefined = undefined;
  readonly #room: { step(subscriber: Subscriber<E>): number };

  constructor(options: {
    room: { step(subscriber: Subscriber<E>): number };
    outlet: Outlet;
    format: number;
    next: number;
    fromFirst: boolean;
    asOf: number;
  }) {
    this.#room = options.room;
    this.outlet = options.outlet;
    this.format = options.format;
    this.next = options.next;
    this.fromFirst = options.fromFirst;
    this.asOf = options.asOf;
  }

  step(): number {
    return this.#room.step(this);
  }
}
