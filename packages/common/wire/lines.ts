import { isUtf8 } from 'node:buffer';
import { ByteStore } from './byte-store.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** A line without its end, or what was wrong with it: longer than allowed, or not UTF-8. */
export type Line = { text: string } | { tooLong: true } | { illFormed: true };

export type LineLimits = {
  /** Bytes of a line, its `\n` or `\r\n` not counted. */
  maxBytes: number;
  /** Lines that begin with this word (in any case) and a space may have so many bytes instead. */
  exception?: { word: string; maxBytes: number };
};

/**
 * Cuts a stream into lines that end with `\n` or `\r\n`, wherever the stream is split.
 * A line is refused as soon as it is too long, before its end has come; the rest of it is skipped. Never holds more than
 * the limit and two bytes.
 */
export class LineDecoder {
  readonly #limits: LineLimits;
  readonly #prefix: string;
  readonly #pending = new ByteStore();
  #skipping = false;

  constructor(limits: LineLimits) {
    this.#limits = limits;
    this.#prefix = limits.exception === undefined ? '' : `${limits.exception.word.toLowerCase()} `;
  }

  /** Takes the next bytes of the stream, gives the lines that they complete. */
  feed(chunk: Uint8Array): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      this.#endLine(chunk.subarray(start, end), lines);
      start = end + 1;
    }
    if (start < chunk.length && !this.#skipping) this.#keep(chunk.subarray(start), lines);
    return lines;
  }

  /** The stream has ended: a last line without an end is a line too. */
  end(): Line[] {
    const lines: Line[] = [];
    if (this.#pending.length > 0) this.#endLine(Buffer.alloc(0), lines);
    this.#skipping = false;
    return lines;
  }

  #endLine(tail: Uint8Array, lines: Line[]): void {
    if (this.#skipping) {
      this.#skipping = false;
      return;
    }
    if (this.#pending.length === 0) {
      lines.push(this.#decode(tail));
      return;
    }
    // A tail that cannot fit is not copied first: it may be as long as the chunk.
    const tooLong = this.#pending.length + tail.length > this.#hardLimit();
    if (!tooLong) this.#pending.append(tail);
    const bytes = this.#pending.take();
    lines.push(tooLong ? { tooLong: true } : this.#decode(bytes));
  }

  /** Keeps the beginning of a line; gives it up when whatever follows could not make it short enough. */
  #keep(part: Uint8Array, lines: Line[]): void {
    const hardLimit = this.#hardLimit();
    this.#pending.append(part.subarray(0, Math.max(0, hardLimit + 1 - this.#pending.length)));
    if (!this.#isTooLong(this.#pending.view())) return;
    this.#pending.clear();
    this.#skipping = true;
    lines.push({ tooLong: true });
  }

  #decode(bytes: Uint8Array): Line {
    const line = bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes;
    if (line.length > this.#limitOf(line)) return { tooLong: true };
    if (!isUtf8(line)) return { illFormed: true };
    return { text: Buffer.from(line.buffer, line.byteOffset, line.length).toString('utf8') };
  }

  #isTooLong(bytes: Uint8Array): boolean {
    const length = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length;
    return length > this.#limitOf(bytes);
  }

  /** Longest possible line, whichever limit applies to it, with its carriage return. */
  #hardLimit(): number {
    return Math.max(this.#limits.maxBytes, this.#limits.exception?.maxBytes ?? 0) + 1;
  }

  #limitOf(line: Uint8Array): number {
    const { maxBytes, exception } = this.#limits;
    if (exception === undefined || line.length <= maxBytes) return maxBytes;
    const head = Buffer.from(line.subarray(0, this.#prefix.length)).toString('latin1').toLowerCase();
    return head === this.#prefix ? exception.maxBytes : maxBytes;
  }
}
