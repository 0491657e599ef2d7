/** Where the frame that begins at `at` ends; undefined while that cannot be told (RFC 6455 §5.2). */
export function frameEnd(bytes: Buffer, at: number): number | undefined {
  const payload = payloadStart(bytes, at);
  if (payload === undefined) return undefined;
  const short = bytes[at + 1]! & 0x7f;
  if (short < 126) return payload + short;
  return payload + (short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2)));
}

/** Where its payload begins: behind its length, and its mask if it has one. */
export function payloadStart(bytes: Buffer, at: number): number | undefined {
  if (at + 2 > bytes.length) return undefined;
  const short = bytes[at + 1]! & 0x7f;
  const lengthBytes = short < 126 ? 0 : short === 126 ? 2 : 8;
  const start = at + 2 + lengthBytes + ((bytes[at + 1]! & 0x80) === 0 ? 0 : 4);
  return start > bytes.length ? undefined : start;
}

/** A client's text frame; its mask is zero, so the payload stands as it is (RFC 6455 §5.3). */
export function clientFrame(message: object | string): Buffer {
  const payload = Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
  const length = payload.length;
  if (length > 0xffff) throw new RangeError('longer than a benchmark needs');
  const header =
    length < 126
      ? Buffer.from([0x81, 0x80 | length, 0, 0, 0, 0])
      : Buffer.from([0x81, 0xfe, length >> 8, length & 0xff, 0, 0, 0, 0]);
  return Buffer.concat([header, payload]);
}

/** Answers to a ping and to a close frame, and a close frame of one's own; all without content. */
export const pongFrame = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
export const closeFrame = Buffer.from([0x88, 0x80, 0, 0, 0, 0]);
