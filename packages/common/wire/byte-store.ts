const smallest = 256;

/**
 * Bytes that wait for the rest of their line or frame. It grows with what has really come, never with what was
 * announced, and copies: a few bytes do not keep a whole 64 KiB chunk of the socket alive.
 */
export class ByteStore {
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(smallest, needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = needed;
  }

  /** A view of what is stored, good until the next call. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Everything stored, handed over; the store starts anew. */
  take(): Buffer {
    const taken = this.view();
    this.clear();
    return taken;
  }

  clear(): void {
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
  }
}
