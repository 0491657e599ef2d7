/** Opcodes of RFC 6455 §5.2 that a server sends. */
export const wsOpcodes = { text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

export type WsOpcode = (typeof wsOpcodes)[keyof typeof wsOpcodes];

const fin = 0x80;
const largestShort = 125;
const largestU16 = 0xffff;

/** Bytes of a server frame's header for a payload of this length. */
export function serverHeaderBytes(length: number): number {
  if (length <= largestShort) return 2;
  return length <= largestU16 ? 4 : 10;
}

/**
 * One whole, unmasked, uncompressed message in one frame, as a server sends it (RFC 6455 §5.2: a server must not mask).
 * It is the same for every client, so it is encoded once and written to all. Throws RangeError for a control frame
 * whose payload is over 125 bytes (§5.5).
 */
export function encodeServerFrame(opcode: WsOpcode, payload: Uint8Array | string): Buffer {
  const length = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  if (opcode >= wsOpcodes.close && length > largestShort)
    throw new RangeError('A control frame carries at most 125 bytes');
  const header = serverHeaderBytes(length);
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = fin | opcode;
  if (header === 2) {
    frame[1] = length;
  } else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  if (typeof payload === 'string') frame.write(payload, header);
  else frame.set(payload, header);
  return frame;
}
