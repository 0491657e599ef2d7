import type { Amend, Sequenced } from './outlet.ts';

/** Complete messages as one buffer, and the `seq` that comes after them. */
export type Piece = { readonly bytes: Buffer; readonly next: number };

/** What is done with entries: an entry's bytes in a format, and what a later change makes of it. */
export type EntryWork<E> = { readonly encode: (format: number, entry: E) => Buffer; readonly amend: Amend<E> };

/** Bytes of memory that an entry takes besides its encodings and its own content. */
const entryOverheadBytes = 256;

/** Dropped places are given back when there are this many of them and they are at least half of the array. */
const compactAt = 512;

/**
 * Consecutive entries with their encodings. Each entry is encoded at most once per format, and the piece that many subscribers ask for
 * one after the other is concatenated once.
 */
export class EntryRun<E extends Sequenced> {
  /** The first `seq` in the run, or the one that would be, when it is empty. */
  first: number;
  /** The `seq` after the last one in the run. */
  next: number;
  /** Estimated memory. */
  bytes = 0;
  readonly #work: EntryWork<E>;
  #entries: (E | undefined)[] = [];
  #encoded: (Buffer[] | undefined)[] = [];
  /** Index of the entry `first`; the places before it are empty. */
  #start = 0;
  /** Per format: the last piece that was asked for. */
  #pieces: (Piece & { from: number; most: number })[] = [];
  /** The places of the changes in the run, by what they change; undefined while there are none. */
  #changes: Map<number, number[]> | undefined = undefined;

  constructor(first: number, work: EntryWork<E>) {
    this.first = first;
    this.next = first;
    this.#work = work;
  }

  get length(): number {
    return this.next - this.first;
  }

  /** Adds the entry that comes next. */
  append(entry: E): void {
    this.#entries.push(entry);
    this.#encoded.push([]);
    this.next += 1;
    this.bytes += entryOverheadBytes;
    this.#pieces = [];
    if (entry.of !== undefined) this.#noteChange(entry.of, entry.seq);
  }

  /** What a change concerns reads otherwise from now on: the entry itself, and the changes of it before this one. */
  amend(change: E): void {
    const { seq, of } = change;
    if (of === undefined) return;
    this.#amendAt(of, change);
    for (const earlier of this.#changes?.get(of) ?? []) if (earlier < seq) this.#amendAt(earlier, change);
  }

  /** Forgets the oldest entry. */
  dropFirst(): void {
    const of = this.#entries[this.#start]?.of;
    if (of !== undefined) this.#forgetChange(of);
    for (const encoding of this.#encoded[this.#start] ?? []) this.bytes -= costOf(encoding);
    this.bytes -= entryOverheadBytes;
    this.#entries[this.#start] = undefined;
    this.#encoded[this.#start] = undefined;
    this.#start += 1;
    this.first += 1;
    this.forgetPieces();
    if (this.#start >= compactAt && this.#start * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start);
      this.#encoded = this.#encoded.slice(this.#start);
      this.#start = 0;
    }
  }

  /** Forgets everything; the run goes on at `first`. */
  clear(first: number): void {
    this.first = first;
    this.next = first;
    this.bytes = 0;
    this.#entries = [];
    this.#encoded = [];
    this.#start = 0;
    this.#pieces = [];
    this.#changes = undefined;
  }

  /**
   * The entries from `from` (which is in the run) to its end as one buffer: as many as fit into `most` bytes, at least one.
   */
  piece(from: number, format: number, most: number): Piece {
    const last = this.#pieces[format];
    if (last !== undefined && last.from === from && last.most === most) return last;
    const parts: Buffer[] = [];
    let size = 0;
    let seq = from;
    for (; seq < this.next; seq++) {
      const encoding = this.encoding(seq, format);
      if (parts.length > 0 && size + encoding.length > most) break;
      parts.push(encoding);
      size += encoding.length;
    }
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts, size);
    const piece = { bytes, next: seq, from, most };
    this.#pieces[format] = piece;
    return piece;
  }

  /** Lets go of concatenated pieces; entries and encodings stay. */
  forgetPieces(): void {
    if (this.#pieces.length > 0) this.#pieces = [];
  }

  /** The bytes of one entry of the run. */
  encoding(seq: number, format: number): Buffer {
    const index = this.#start + (seq - this.first);
    const encodings = this.#encoded[index]!;
    const known = encodings[format];
    if (known !== undefined) return known;
    const encoding = this.#work.encode(format, this.#entries[index]!);
    encodings[format] = encoding;
    this.bytes += costOf(encoding);
    return encoding;
  }

  #amendAt(seq: number, change: E): void {
    if (seq < this.first || seq >= this.next) return;
    const index = this.#start + (seq - this.first);
    for (const encoding of this.#encoded[index]!) this.bytes -= costOf(encoding);
    this.#entries[index] = this.#work.amend(this.#entries[index]!, change);
    this.#encoded[index] = [];
    this.forgetPieces();
  }

  #noteChange(of: number, seq: number): void {
    this.#changes ??= new Map();
    const noted = this.#changes.get(of);
    if (noted === undefined) this.#changes.set(of, [seq]);
    else noted.push(seq);
  }

  /** The first entry of the run is a change that is dropped: it is the earliest one of what it changes. */
  #forgetChange(of: number): void {
    const noted = this.#changes?.get(of);
    noted?.shift();
    if (noted?.length === 0) this.#changes?.delete(of);
  }
}

/** An encoding counts for itself and for what it was made of. */
function costOf(encoding: Buffer | undefined): number {
  return encoding === undefined ? 0 : 2 * encoding.length;
}
