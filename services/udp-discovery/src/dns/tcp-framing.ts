/**
 * Splits what comes over TCP into DNS messages: two bytes of length before each (RFC 1035 §4.2.2), cut anywhere by the
 * network. One per connection.
 */
export class DnsTcpDecoder {
  #rest: Buffer = Buffer.alloc(0);
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The messages that are complete by now; undefined when one is announced that is over the limit. */
  feed(chunk: Buffer): Buffer[] | undefined {
    let rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const messages: Buffer[] = [];
    while (rest.length >= 2) {
      const length = rest.readUInt16BE(0);
      if (length > this.#maxBytes) return undefined;
      if (rest.length < 2 + length) break;
      messages.push(rest.subarray(2, 2 + length));
      rest = rest.subarray(2 + length);
    }
    this.#rest = rest;
    return messages;
  }
}

export function encodeDnsTcp(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
