import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, readVectors, splits } from '../vectors/read-vectors.ts';
import { type Line, LineDecoder, type LineLimits } from './lines.ts';

type Vectors = { cases: { bytes: string; maxBytes: number; lines: Line[] }[] };

function decodeAll(chunks: Buffer[], limits: LineLimits): Line[] {
  const decoder = new LineDecoder(limits);
  return [...chunks.flatMap((chunk) => decoder.feed(chunk)), ...decoder.end()];
}

describe('vectors, split at every byte', () => {
  test.each(readVectors<Vectors>('lines').cases)('$bytes', ({ bytes, maxBytes, lines }) => {
    for (const chunks of splits(bytesOf(bytes))) expect(decodeAll(chunks, { maxBytes })).toEqual(lines);
  });
});

describe('LineDecoder', () => {
  test('says that a line is too long before its end comes, once', () => {
    const decoder = new LineDecoder({ maxBytes: 4 });
    expect(decoder.feed(Buffer.from('12345'))).toEqual([{ tooLong: true }]);
    expect(decoder.feed(Buffer.from('6789'))).toEqual([]);
    expect(decoder.feed(Buffer.from('0\nok\n'))).toEqual([{ text: 'ok' }]);
  });

  test('one word may have a longer line', () => {
    const limits = { maxBytes: 10, exception: { word: 'RESUME', maxBytes: 20 } };
    const stream = Buffer.from('resume 1234567890123\nRESUME 12345678901234\nRESUMED 1234\n12345678901\n');
    const expected = [{ text: 'resume 1234567890123' }, { tooLong: true }, { tooLong: true }, { tooLong: true }];
    for (const chunks of splits(stream)) expect(decodeAll(chunks, limits)).toEqual(expected);
  });

  test('keeps a copy, not the chunk', () => {
    const decoder = new LineDecoder({ maxBytes: 100 });
    const chunk = Buffer.from('hel');
    decoder.feed(chunk);
    chunk.fill(0x21);
    expect(decoder.feed(Buffer.from('lo\n'))).toEqual([{ text: 'hello' }]);
  });

  test('any lines come out as they went in, however they are cut', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.toWellFormed().replaceAll(/[\r\n]/g, ''));
    const ending = fc.constantFrom('\n', '\r\n');
    const cuts = fc.array(fc.nat({ max: 50 }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(fc.tuple(line, ending)), cuts, (lines, sizes) => {
        const stream = Buffer.from(lines.flat().join(''));
        expect(decodeAll(cut(stream, sizes), { maxBytes: 10_000 })).toEqual(lines.map(([text]) => ({ text })));
      }),
    );
  });

  test('any bytes give the same lines, however they are cut', () => {
    const bytes = fc.array(fc.oneof(fc.constantFrom(0x0a, 0x0d), fc.nat({ max: 255 })), { maxLength: 60 });
    fc.assert(
      fc.property(bytes, fc.array(fc.nat({ max: 9 })), fc.integer({ min: 1, max: 12 }), (values, sizes, maxBytes) => {
        const stream = Buffer.from(values);
        expect(decodeAll(cut(stream, sizes), { maxBytes })).toEqual(decodeAll([stream], { maxBytes }));
      }),
    );
  });
});

/** The stream in pieces of these sizes, and the rest. */
function cut(stream: Buffer, sizes: number[]): Buffer[] {
  let rest = stream;
  const pieces = sizes.map((size) => {
    const piece = rest.subarray(0, size);
    rest = rest.subarray(size);
    return piece;
  });
  return [...pieces, rest];
}
