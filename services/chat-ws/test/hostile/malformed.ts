import { deflateRawSync } from 'node:zlib';
import { closeFrame, frame, opcodes } from './frame.ts';

/** Bytes that are no message, and the close code that answers them (RFC 6455 §7.4.1). */
export type Malformed = { what: string; bytes: Buffer; code: number };

const badUtf8 = Buffer.of(0xc3, 0x28);
const { continuation, text, binary, close, ping, pong } = opcodes;
const begun = frame({ fin: false, payload: 'a' });

/** What is malformed on every path, whatever the messages mean there. */
export const malformed: readonly Malformed[] = [
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => broken(`reserved opcode ${opcode}`, frame({ opcode }))),
  ...[1, 2, 3, 5].map((rsv) => broken(`RSV bits ${rsv}`, frame({ rsv }))),
  ...[text, binary, close, ping].map((opcode) =>
    broken(`unmasked opcode ${opcode}`, frame({ opcode, isMasked: false })),
  ),
  ...[close, ping, pong].flatMap((opcode) => [
    broken(`fragmented opcode ${opcode}`, frame({ opcode, fin: false })),
    broken(`opcode ${opcode} of 126 bytes`, frame({ opcode, payload: Buffer.alloc(126) })),
    broken(`opcode ${opcode} that says it is huge`, frame({ opcode, length: 2n ** 62n })),
    broken(`RSV1 on opcode ${opcode}`, frame({ opcode, rsv: 4 })),
  ]),
  broken('a continuation of nothing', frame({ opcode: continuation })),
  broken('a last continuation, then another', Buffer.concat([begun, last('b'), last('c')])),
  broken('a message within a message', Buffer.concat([begun, frame({ payload: 'b' })])),
  broken('RSV1 on a continuation', Buffer.concat([begun, frame({ opcode: continuation, rsv: 4 })])),
  broken('a close frame of one byte', frame({ opcode: close, payload: Buffer.of(3) })),
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map((code) =>
    broken(`close code ${code}`, closeFrame(code)),
  ),
  { what: 'a close reason that is not UTF-8', bytes: closeFrame(1000, badUtf8), code: 1007 },
  { what: 'a text that is not UTF-8', bytes: frame({ payload: badUtf8 }), code: 1007 },
  { what: 'a surrogate as UTF-8', bytes: frame({ payload: Buffer.of(0xed, 0xa0, 0x80) }), code: 1007 },
  { what: 'a text that ends within a character', bytes: frame({ payload: Buffer.of(0xe2, 0x82) }), code: 1007 },
  { what: 'fragments that are not UTF-8 together', bytes: Buffer.concat([begun, last(badUtf8)]), code: 1007 },
  ...[2n ** 27n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n].map((length) => ({
    what: `a length of ${length}`,
    bytes: frame({ length }),
    code: 1009,
  })),
  {
    what: 'fragments that are too long together',
    bytes: Buffer.concat([begun, frame({ opcode: 0, length: 2n ** 27n })]),
    code: 1009,
  },
];

/** What is malformed where messages may be compressed. */
export const malformedDeflate: readonly Malformed[] = [
  { what: 'what was never compressed', bytes: packed(Buffer.from('{"type":"ping"}')), code: 1007 },
  { what: 'a block of a reserved kind', bytes: packed(Buffer.of(0x07, 0, 0)), code: 1007 },
  { what: 'a bomb', bytes: packed(deflated(Buffer.alloc(16 << 20, 0x20))), code: 1009 },
  {
    what: 'a bomb in fragments',
    bytes: Buffer.concat([packed(deflated(Buffer.alloc(16 << 20)), false), last('')]),
    code: 1009,
  },
  { what: 'a text that is not UTF-8 when it is unpacked', bytes: packed(deflated(badUtf8)), code: 1007 },
];

/** As a client sends it: without the tail of a block (RFC 7692 §7.2.1). */
export function deflated(content: Buffer): Buffer {
  return deflateRawSync(content, { finishFlush: 2 }).subarray(0, -4);
}

export function packed(payload: Buffer, fin = true): Buffer {
  return frame({ rsv: 4, payload, fin });
}

function broken(what: string, bytes: Buffer): Malformed {
  return { what, bytes, code: 1002 };
}

function last(payload: Buffer | string): Buffer {
  return frame({ opcode: continuation, payload });
}
