/** What a frame of a client may say of itself (RFC 6455 §5.2), true or not. */
export type FrameParts = {
  fin?: boolean;
  /** RSV1–3 as three bits, RSV1 being 4. */
  rsv?: number;
  opcode?: number;
  isMasked?: boolean;
  /** Which form of the length is taken, whether or not that is the shortest. */
  form?: 7 | 16 | 64;
  /** The length that is announced; the payload's, if it is not given. */
  length?: bigint;
  payload?: Buffer | string;
};

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const mask = Buffer.of(0x37, 0xfa, 0x21, 0x3d);

/** A client's frame, byte by byte as told. */
export function frame(parts: FrameParts = {}): Buffer {
  const { fin = true, rsv = 0, opcode = opcodes.text, isMasked = true } = parts;
  const payload = Buffer.from(parts.payload ?? '');
  const length = parts.length ?? BigInt(payload.length);
  const form = parts.form ?? (length <= 125n ? 7 : length <= 0xffffn ? 16 : 64);
  const head = Buffer.alloc(2 + (form === 7 ? 0 : form / 8));
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (isMasked ? 0x80 : 0) | (form === 7 ? Number(length) : form === 16 ? 126 : 127);
  if (form === 16) head.writeUInt16BE(Number(length), 2);
  if (form === 64) head.writeBigUInt64BE(length, 2);
  if (!isMasked) return Buffer.concat([head, payload]);
  return Buffer.concat([head, mask, payload.map((byte, at) => byte ^ mask[at % 4]!)]);
}

/** A close frame with this code, and a reason. */
export function closeFrame(code: number, reason: Buffer | string = ''): Buffer {
  return frame({
    opcode: opcodes.close,
    payload: Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(reason)]),
  });
}
