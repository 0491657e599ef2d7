import type { Position } from '@parley/common/contracts/position';
import type { Notes } from './notes.ts';
import type { Stretch } from './story.ts';
import type { Answer, Request, Told } from './told.ts';

type Join = Extract<Request, { type: 'join' }>;
type Joined = Extract<Answer, { is: 'joined' }>;

/** How one reader sees its rooms, on whichever connection: how far it has come in each, and what it was given. */
export class Look {
  /** How far it has come; a room that it has not seen yet has no position. */
  readonly positions = new Map<string, Position>();
  readonly #reader: string;
  readonly #notes: Notes;
  readonly #stretches = new Map<string, Stretch>();

  constructor(reader: string, notes: Notes) {
    this.#reader = reader;
    this.#notes = notes;
  }

  isIn(room: string): boolean {
    return this.#stretches.has(room);
  }

  joined({ room, after }: Join, joined: Joined, since: number): void {
    const { epoch, head, next, recovered } = joined;
    const isGood = typeof after === 'object' && after.epoch === epoch && after.seq <= head;
    const from = after === undefined ? (next ?? head + 1) : isGood ? after.seq + 1 : 'first';
    if (typeof after === 'object' && !isGood && recovered)
      this.#complain(room, `recovered from ${after.seq} of ${head}`);
    if (isGood && recovered && next !== undefined && next !== from)
      this.#complain(room, `begins at ${next}, not ${from}`);
    if (after === undefined && from !== head + 1)
      this.#complain(room, `wanted what comes behind ${head}, and begins at ${from}`);
    this.#begin(room, epoch, { from, since });
  }

  reset(room: string, epoch: string): void {
    const since = this.#stretches.get(room)?.since ?? this.#notes.tick();
    this.#begin(room, epoch, { from: 'first', since });
  }

  given(told: Extract<Told, { is: 'entry' | 'gap' }>): void {
    const { room } = told;
    const stretch = this.#stretches.get(room);
    if (stretch === undefined) {
      this.#complain(room, `was given ${JSON.stringify(told).slice(0, 100)} without being there`);
      return;
    }
    const { epoch } = stretch;
    if (told.is === 'gap') {
      stretch.given.push({ is: 'gap', from: told.from, to: told.to });
      this.positions.set(room, { epoch, seq: told.to });
      return;
    }
    const { seq, of, from, shown } = told;
    stretch.given.push({ is: 'entry', seq, of, from, shown, tick: this.#notes.tick() });
    this.positions.set(room, { epoch, seq });
  }

  left(room: string): void {
    this.#stretches.delete(room);
  }

  /** The connection is gone: from now on it is given nothing. */
  lost(): void {
    this.#stretches.clear();
  }

  /** It stays until the end, and was to be given everything. */
  end(): void {
    for (const stretch of this.#stretches.values()) stretch.isWhole = true;
  }

  #begin(room: string, epoch: string, how: Pick<Stretch, 'from' | 'since'>): void {
    const stretch: Stretch = { reader: this.#reader, room, epoch, ...how, isWhole: false, given: [] };
    this.#stretches.set(room, stretch);
    this.#notes.stretches.push(stretch);
    this.positions.set(room, { epoch, seq: how.from === 'first' ? 0 : how.from - 1 });
  }

  #complain(room: string, what: string): void {
    this.#notes.complaints.push(`${this.#reader} in ${room}: ${what}`);
  }
}
