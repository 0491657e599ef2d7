import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, readVectors, splits } from '../vectors/read-vectors.ts';
import { encodeFrame, type Frame, FrameDecoder } from './frames.ts';

type HexFrame = { payload: string } | { tooLarge: number };
type Vectors = { cases: { bytes: string; maxBytes: number; frames: HexFrame[]; incomplete: boolean }[] };

function inHex(frames: Frame[]): HexFrame[] {
  return frames.map((frame) => ('payload' in frame ? { payload: frame.payload.toString('hex') } : frame));
}

describe('vectors, split at every byte', () => {
  test.each(readVectors<Vectors>('frames').cases)('$bytes', ({ bytes, maxBytes, frames, incomplete }) => {
    for (const chunks of splits(bytesOf(bytes))) {
      const decoder = new FrameDecoder({ maxBytes });
      expect(chunks.flatMap((chunk) => inHex(decoder.feed(chunk)))).toEqual(frames);
      expect(decoder.incomplete).toBe(incomplete);
    }
  });
});

describe('FrameDecoder', () => {
  test('refuses a length over the limit as soon as it has the header', () => {
    const decoder = new FrameDecoder({ maxBytes: 10 });
    expect(decoder.feed(Buffer.of(0, 0, 0))).toEqual([]);
    expect(decoder.feed(Buffer.of(11))).toEqual([{ tooLarge: 11 }]);
    expect(decoder.feed(encodeFrame('x'))).toEqual([]);
    expect(decoder.incomplete).toBe(false);
  });

  test('what is announced and does not come takes no memory', () => {
    const before = process.memoryUsage().arrayBuffers;
    const decoders = Array.from({ length: 200 }, () => new FrameDecoder({ maxBytes: 2 ** 24 }));
    for (const decoder of decoders) decoder.feed(Buffer.of(0, 0xff, 0xff, 0xff, 0x2a));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 2 ** 20);
    expect(decoders.every((decoder) => decoder.incomplete)).toBe(true);
  });

  test('payloads come out as they went in, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.integer({ min: 1, max: 30 }), (payloads, size) => {
        const stream = Buffer.concat(payloads.map((payload) => encodeFrame(payload)));
        const decoder = new FrameDecoder({ maxBytes: 40 });
        const frames: HexFrame[] = [];
        for (let at = 0; at < stream.length; at += size)
          frames.push(...inHex(decoder.feed(stream.subarray(at, at + size))));
        expect(frames).toEqual(payloads.map((payload) => ({ payload: Buffer.from(payload).toString('hex') })));
        expect(decoder.incomplete).toBe(false);
      }),
    );
  });
});

test('encodeFrame counts bytes, not characters', () => {
  expect(encodeFrame('ü').toString('hex')).toBe('00000002c3bc');
});
