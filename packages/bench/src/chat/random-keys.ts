import { randomFillSync } from 'node:crypto';

const keyBytes = 16;
const keysAtOnce = 1_024;

/** A key is so many characters of base64url. */
export const keyChars = 22;

/** Random keys, as clients make them, without a call into the system for each. */
export class RandomKeys {
  readonly #bytes = Buffer.alloc(keyBytes * keysAtOnce);
  #left = 0;

  next(): string {
    if (this.#left === 0) {
      randomFillSync(this.#bytes);
      this.#left = keysAtOnce;
    }
    this.#left -= 1;
    const at = this.#left * keyBytes;
    return this.#bytes.toString('base64url', at, at + keyBytes);
  }
}
