import type { Join, Joined } from '@parley/common/contracts/chat/join';
import type { Position } from '@parley/common/contracts/position';

/** What an entry is to a reader: the next one, one that it has had, or one that others should have come before. */
export type Arrival = 'next' | 'had' | 'hole';

/**
 * A reader's place in a room: everything before `next` has been delivered or was told to be missing. It moves only
 * forward within an epoch, so that nothing is delivered twice, and never over a hole, so that nothing is missed in silence.
 */
export class Cursor {
  /** What the program asked for: counts until the room is first joined. */
  readonly #wish: Join['after'];
  #epoch: string | undefined = undefined;
  #next = 1;
  /** The log is read from its first entry on, wherever that is: what was trimmed before it is not missing. */
  #fromFirst = false;

  constructor(wish: Join['after']) {
    this.#wish = wish;
  }

  /** Behind the last entry that was delivered; undefined before the room was joined. */
  get position(): Position | undefined {
    return this.#epoch === undefined ? undefined : { epoch: this.#epoch, seq: this.#next - 1 };
  }

  /** The first `seq` that is still to come. */
  get next(): number {
    return this.#next;
  }

  /** What to join with. */
  get after(): Join['after'] {
    return this.position ?? this.#wish;
  }

  /** The room was joined with `after`. True when that meant nothing any more, and the log is read anew from its beginning. */
  joined({ epoch, head, next }: Joined): boolean {
    const { after } = this;
    const isAnew = typeof after === 'object' && (after.epoch !== epoch || after.seq > head);
    this.#fromFirst = after === 'start' || isAnew;
    if (this.#fromFirst) this.#next = next ?? 1;
    else this.#next = typeof after === 'object' ? after.seq + 1 : (next ?? head + 1);
    this.#epoch = epoch;
    return isAnew;
  }

  /** An entry has come; it counts as delivered when it is the next one. */
  arrive(seq: number): Arrival {
    if (seq < this.#next) return 'had';
    if (seq > this.#next && !this.#fromFirst) return 'hole';
    this.#moveTo(seq + 1);
    return 'next';
  }

  /** Entries up to `to` will not come. Gives what is missing because of that; undefined: nothing. */
  skip(to: number): { from: number; to: number } | undefined {
    if (to < this.#next) return undefined;
    const from = this.#next;
    this.#moveTo(to + 1);
    return { from, to };
  }

  /** The room has a new log, which is read from its beginning. */
  reset(epoch: string): void {
    this.#epoch = epoch;
    this.#next = 1;
    this.#fromFirst = true;
  }

  #moveTo(next: number): void {
    this.#next = next;
    this.#fromFirst = false;
  }
}
