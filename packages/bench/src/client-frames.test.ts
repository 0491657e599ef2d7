import { encodeServerFrame } from '@parley/common/wire/ws-frame';
import { expect, test } from 'vitest';
import { clientFrame, frameEnd, payloadStart } from './client-frames.ts';

test.each([0, 1, 125, 126, 65_535])('a client frame of %d bytes', (length) => {
  const frame = clientFrame('x'.repeat(length));
  expect(frameEnd(frame, 0)).toBe(frame.length);
  expect(String(frame.subarray(payloadStart(frame, 0)))).toBe('x'.repeat(length));
});

test.each([0, 1, 125, 126, 65_535, 65_536])('a server frame of %d bytes, behind another one', (length) => {
  const first = encodeServerFrame(0x1, 'ab');
  const frame = encodeServerFrame(0x1, 'x'.repeat(length));
  const both = Buffer.concat([first, frame]);
  expect(frameEnd(both, 0)).toBe(first.length);
  expect(frameEnd(both, first.length)).toBe(both.length);
  expect(both.length - payloadStart(both, first.length)!).toBe(length);
});

test('it cannot be told before the length is there', () => {
  const frame = clientFrame('x'.repeat(300));
  for (let bytes = 0; bytes < 8; bytes++) expect(frameEnd(frame.subarray(0, bytes), 0)).toBeUndefined();
  expect(frameEnd(frame.subarray(0, 8), 0)).toBe(frame.length);
});

test('longer than a benchmark needs', () => {
  expect(() => clientFrame('x'.repeat(65_536))).toThrow(RangeError);
});
