import { isUtf8 } from 'node:buffer';
import { ParleyError } from '../runtime/errors.ts';

/** Reads big-endian fields from a message; every read throws ParleyError BAD_MESSAGE when the bytes end too early. */
export class ByteReader {
  readonly #bytes: Buffer;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#offset = offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#advance(1));
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#advance(2));
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4));
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#advance(8));
  }

  /** A u64 as a number; one that a number cannot hold exactly is refused. */
  safeU64(): number {
    const value = Number(this.u64());
    if (!Number.isSafeInteger(value)) throw new ParleyError('BAD_MESSAGE', 'A number in the message is too large.');
    return value;
  }

  bytes(length: number): Buffer {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** So many bytes as text; ill-formed UTF-8 is refused. */
  text(length: number): string {
    const bytes = this.bytes(length);
    if (!isUtf8(bytes)) throw new ParleyError('BAD_MESSAGE', 'A text in the message is not UTF-8.');
    return bytes.toString('utf8');
  }

  rest(): Buffer {
    return this.bytes(this.remaining);
  }

  #advance(length: number): number {
    if (length > this.remaining) throw new ParleyError('BAD_MESSAGE', 'The message is cut short.');
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}
