import { pushOf } from '@parley/common/contracts/chat/entry-push';
import type { LogEntry } from '@parley/common/contracts/log-entry';
import { bytesOf, readVectors } from '@parley/common/vectors/read-vectors';
import { formatEntry } from '@parley/common/wire/text-answers';
import { expect, test } from 'vitest';
import { encodeLines, encodePush, encodePushes, entryEncoders } from './encode.ts';

const { entries } = readVectors<{ entries: { room: string; entry: LogEntry; bytes: string }[] }>('binary');

/** What is in the frames, RFC 6455 §5.2, all of them short or of 16 bits: opcode and payload. */
function framesIn(bytes: Buffer): { opcode: number; payload: string | Buffer }[] {
  const frames = [];
  for (let at = 0; at < bytes.length; ) {
    const short = bytes[at + 1]!;
    const header = short < 126 ? 2 : 4;
    const length = short < 126 ? short : bytes.readUInt16BE(at + 2);
    const opcode = bytes[at]! & 0x0f;
    const payload = bytes.subarray(at + header, at + header + length);
    frames.push({ opcode, payload: opcode === 1 ? String(payload) : payload });
    at += header + length;
  }
  return frames;
}

test.each(entries)('entry $entry.seq of the vectors, in each format one frame', ({ room, entry, bytes }) => {
  const label = { room, epoch: 'e1' };
  const json = framesIn(entryEncoders.json(label, entry));
  expect(json).toEqual([{ opcode: 1, payload: JSON.stringify(pushOf(room, entry)) }]);
  const text = framesIn(entryEncoders.text(label, entry));
  expect(text).toEqual([{ opcode: 1, payload: formatEntry(room, entry).slice(0, -1) }]);
  expect(framesIn(entryEncoders.binary(label, entry))).toEqual([{ opcode: 2, payload: bytesOf(bytes) }]);
});

const base = { at: 0, from: { id: 'u_1', name: 'ada' } };

test('a change is told by what it changes, in lines and as JSON in a binary message', () => {
  const label = { room: 'lobby', epoch: 'e1' };
  const edited: LogEntry = { ...base, seq: 3, of: 1, text: 'new\ntext' };
  const deleted: LogEntry = { ...base, seq: 4, of: 1, deleted: true };
  const gone: LogEntry = { ...base, seq: 1, deleted: true };
  const lines = [edited, deleted, gone].map((entry) => framesIn(entryEncoders.text(label, entry))[0]?.payload);
  expect(lines).toEqual(['CHANGED lobby 3 1 new\\ntext', 'CHANGED lobby 4 1', 'MESSAGE lobby 1 ada']);
  const binary = [edited, deleted, gone].map((entry) => framesIn(entryEncoders.binary(label, entry))[0]?.payload);
  const json = binary.map((payload) => [payload?.[0], JSON.parse(String(payload?.slice(1)))]);
  expect(json).toEqual([
    [1, { type: 'changed', room: 'lobby', seq: 3, of: 1, text: 'new\ntext' }],
    [1, { type: 'changed', room: 'lobby', seq: 4, of: 1, text: null }],
    [1, expect.objectContaining({ type: 'message', seq: 1, deleted: true })],
  ]);
});

test('several lines are as many messages; an empty one is a message too', () => {
  expect(framesIn(encodeLines('a\n\nb\n')).map(({ payload }) => payload)).toEqual(['a', '', 'b']);
});

test('a push in each format; lines have nothing to say of a crowd’s number, or of who types', () => {
  const inFormats = (push: ReturnType<typeof encodePush>) =>
    ['json', 'text', 'binary'].map((format) => {
      const bytes = push(format);
      return bytes && framesIn(bytes).map(({ payload }) => String(payload));
    });
  const user = { id: 'u_1', name: 'ada', guest: false };
  const presence = { type: 'presence', room: 'lobby', event: 'join', user, members: 2 } as const;
  const json = JSON.stringify(presence);
  expect(inFormats(encodePush('lobby', presence))).toEqual([[json], ['PRESENCE lobby join ada'], [`\u0001${json}`]]);
  expect(encodePush('lobby', { type: 'presence', room: 'lobby', members: 300 })('text')).toBeUndefined();
  expect(encodePush('lobby', { type: 'typing', room: 'lobby', user })('text')).toBeUndefined();
});

test('pushes together are the frames that they are one by one; what a format has nothing to say of is not among them', () => {
  const user = { id: 'u_1', name: 'ada', guest: false };
  const joined = { type: 'presence', room: 'lobby', event: 'join', user, members: 2 } as const;
  const seen = { type: 'seen', room: 'lobby', user, seq: 3 } as const;
  const together = encodePushes('lobby', [seen, joined, seen]);
  for (const format of ['json', 'binary', 'link']) {
    const frames = [seen, joined, seen].map((push) => encodePush('lobby', push)(format)!);
    expect(together(format)).toEqual(Buffer.concat(frames));
  }
  expect(together('text')).toEqual(encodePush('lobby', joined)('text'));
  expect(encodePushes('lobby', [seen, seen])('text')).toBeUndefined();
});
