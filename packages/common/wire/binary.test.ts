import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ClientMessage } from '../contracts/chat/client-message.ts';
import type { LogEntry } from '../contracts/log-entry.ts';
import { toParleyError } from '../runtime/errors.ts';
import { bytesOf, readVectors } from '../vectors/read-vectors.ts';
import {
  bytesOfData,
  decodeClientPayload,
  decodePost,
  decodeRoomMessage,
  encodePost,
  encodeRoomEntry,
} from './binary.ts';

type Vectors = {
  posts: { bytes: string; message: ClientMessage }[];
  json: { bytes: string; message: ClientMessage }[];
  entries: { room: string; entry: LogEntry; bytes: string }[];
  malformed: { bytes: string; code: string; why: string }[];
};
const vectors = readVectors<Vectors>('binary');

function codeOf(payload: Uint8Array): string {
  try {
    decodeClientPayload(payload);
    return 'accepted';
  } catch (failure) {
    return toParleyError(failure).code;
  }
}

describe('vectors', () => {
  test.each([...vectors.posts, ...vectors.json])('$bytes', ({ bytes, message }) => {
    expect(decodeClientPayload(bytesOf(bytes))).toEqual(message);
  });

  test.each(vectors.posts)('$bytes is encoded so', ({ bytes }) => {
    expect(encodePost(decodePost(bytesOf(bytes))).toString('hex')).toBe(bytes);
  });

  test.each(vectors.entries)('$entry', ({ room, entry, bytes }) => {
    expect(encodeRoomEntry(room, entry).toString('hex')).toBe(bytes);
  });

  test.each(vectors.malformed)('$why', ({ bytes, code }) => {
    expect(codeOf(bytesOf(bytes))).toBe(code);
  });
});

const roomText = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,63}$/);

describe('round trips', () => {
  test('posts', () => {
    const key = fc.option(fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme-ascii' }), { nil: undefined });
    fc.assert(
      fc.property(fc.nat({ max: 0xffff_ffff }), key, roomText, fc.uint8Array(), (id, key, room, content) => {
        const post = { id, room, content: Buffer.from(content), ...(key === undefined ? {} : { key }) };
        expect(decodePost(encodePost(post))).toEqual(post);
      }),
    );
  });

  test('messages of a room', () => {
    fc.assert(
      fc.property(roomText, fc.maxSafeNat(), fc.maxSafeNat(), fc.uint8Array(), (room, seq, at, content) => {
        const data = { base64: Buffer.from(content).toString('base64') };
        const bytes = encodeRoomEntry(room, { seq, at, from: { id: 'u_ü', name: 'u' }, data });
        expect(decodeRoomMessage(bytes)).toEqual({ room, seq, at, senderId: 'u_ü', content: Buffer.from(content) });
      }),
    );
  });
});

test('any bytes are a message or one of the two errors', () => {
  const start = fc.constantFrom(0x01, 0x10, 0x11, 0x7b, 0x00);
  fc.assert(
    fc.property(start, fc.uint8Array(), (first, rest) => {
      expect(['accepted', 'BAD_MESSAGE', 'UNKNOWN_TYPE']).toContain(codeOf(Buffer.of(first, ...rest)));
    }),
  );
});

test('a message cut anywhere is refused, never misread', () => {
  const post = encodePost({ id: 1, key: 'key', room: 'lobby', content: Buffer.alloc(0) });
  for (let length = 0; length < post.length; length += 1) expect(codeOf(post.subarray(0, length))).toBe('BAD_MESSAGE');
  const message = encodeRoomEntry('lobby', { seq: 1, at: 1, from: { id: 'u', name: 'u' }, text: '' });
  for (let length = 0; length < message.length; length += 1) {
    expect(() => decodeRoomMessage(message.subarray(0, length))).toThrow(/cut short/);
  }
});

test('a seq that a number cannot hold is refused', () => {
  const message = encodeRoomEntry('a', { seq: 1, at: 1, from: { id: 'u', name: 'u' }, text: '' });
  message.fill(0xff, 3, 11);
  expect(() => decodeRoomMessage(message)).toThrow(/too large/);
});

test('bytesOfData takes exactly what we write', () => {
  expect(bytesOfData({ base64: 'AP8=' })).toEqual(Buffer.of(0, 255));
  for (const data of [null, 'AP8=', { base64: 'AP8' }, { base64: 'A P8=' }, { base64: 1 }, { base64: '', more: 1 }]) {
    expect(bytesOfData(data)).toBeUndefined();
  }
});

test('a key that does not fit is refused', () => {
  expect(() => encodePost({ id: 1, key: 'k'.repeat(256), room: 'a', content: Buffer.alloc(0) })).toThrow(/255/);
});
