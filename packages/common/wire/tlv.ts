import { ParleyError } from '../runtime/errors.ts';
import { ByteReader } from './byte-reader.ts';

/** One field: u8 tag, u16 length, value. */
export type Field = { tag: number; value: Buffer };

const headerBytes = 3;

export function field(tag: number, value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value);
  const head = Buffer.alloc(headerBytes);
  head[0] = tag;
  head.writeUInt16BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

export function u16Field(tag: number, value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return field(tag, bytes);
}

export function u32Field(tag: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return field(tag, bytes);
}

export function u64Field(tag: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return field(tag, bytes);
}

/** The fields of a body, by tag. Unknown tags are there too, for the reader to pass over. */
export class Fields {
  readonly #byTag = new Map<number, Buffer[]>();

  /** Throws ParleyError BAD_MESSAGE when a field is cut short. */
  constructor(body: Uint8Array) {
    const reader = new ByteReader(body);
    while (reader.remaining > 0) {
      const tag = reader.u8();
      const value = reader.bytes(reader.u16());
      const before = this.#byTag.get(tag);
      if (before === undefined) this.#byTag.set(tag, [value]);
      else before.push(value);
    }
  }

  /** Every field with this tag, in order. */
  all(tag: number): readonly Buffer[] {
    return this.#byTag.get(tag) ?? [];
  }

  /** The one field with this tag; a second one is BAD_MESSAGE. */
  bytes(tag: number): Buffer | undefined {
    const [value, ...more] = this.all(tag);
    if (more.length > 0) throw new ParleyError('BAD_MESSAGE', `Field ${tag} is there twice.`);
    return value;
  }

  text(tag: number): string | undefined {
    const value = this.bytes(tag);
    return value === undefined ? undefined : new ByteReader(value).text(value.length);
  }

  u8(tag: number): number | undefined {
    return this.#exactly(tag, 1)?.u8();
  }

  u16(tag: number): number | undefined {
    return this.#exactly(tag, 2)?.u16();
  }

  u32(tag: number): number | undefined {
    return this.#exactly(tag, 4)?.u32();
  }

  u64(tag: number): number | undefined {
    return this.#exactly(tag, 8)?.safeU64();
  }

  #exactly(tag: number, size: number): ByteReader | undefined {
    const value = this.bytes(tag);
    if (value === undefined) return undefined;
    if (value.length !== size)
      throw new ParleyError('BAD_MESSAGE', `Field ${tag} has ${value.length} bytes, not ${size}.`);
    return new ByteReader(value);
  }
}
