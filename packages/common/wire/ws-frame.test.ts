import { expect, test } from 'vitest';
import { bytesOf, readVectors } from '../vectors/read-vectors.ts';
import { encodeServerFrame, serverHeaderBytes, type WsOpcode, wsOpcodes } from './ws-frame.ts';

type Vectors = { cases: { opcode: WsOpcode; payload: string | null; payloadLength: number; header: string }[] };

test.each(readVectors<Vectors>('ws-frame').cases)('opcode $opcode, $payloadLength bytes', (vector) => {
  const payload = vector.payload === null ? Buffer.alloc(vector.payloadLength, 0x2a) : bytesOf(vector.payload);
  const frame = encodeServerFrame(vector.opcode, payload);
  const header = bytesOf(vector.header);
  expect(frame.subarray(0, header.length).toString('hex')).toBe(vector.header);
  expect(frame.subarray(header.length).equals(payload)).toBe(true);
  expect(serverHeaderBytes(payload.length)).toBe(header.length);
});

test('text is sent as UTF-8 and counted in bytes', () => {
  expect(encodeServerFrame(wsOpcodes.text, 'ü')).toEqual(Buffer.of(0x81, 2, 0xc3, 0xbc));
});

test('a control frame over 125 bytes is refused', () => {
  expect(() => encodeServerFrame(wsOpcodes.ping, Buffer.alloc(126))).toThrow(RangeError);
});
