import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pushOf } from '../contracts/chat/entry-push.ts';
import { parseServerMessage, type ServerMessage } from '../contracts/chat/server-message.ts';
import type { LogEntry } from '../contracts/log-entry.ts';
import { readVectors } from '../vectors/read-vectors.ts';
import { formatEcho, formatEntry, formatPong, formatRooms, formatText, helpAnswer } from './text-answers.ts';

type Case = { message: ServerMessage; text: string; name?: string };
const { answers } = readVectors<{ answers: Case[] }>('text-commands');

describe('vectors', () => {
  test.each(answers)('$text', ({ message, text, name }) => {
    expect(parseServerMessage(message)).toEqual(message);
    expect(formatText(message, name)).toBe(text);
  });
});

test('whatever is posted stays on one line without control characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.jsonValue(), (text, data) => {
      const base = { seq: 1, at: 0, from: { id: 'u', name: 'ada' } };
      const entries: LogEntry[] = [
        { ...base, text },
        { ...base, data },
      ];
      for (const entry of entries) {
        const line = formatEntry('lobby', entry);
        expect(line).toMatch(/^MESSAGE lobby 1 ada \P{Cc}*\n$/u);
        expect(formatText(pushOf('lobby', entry))).toBe(line);
      }
    }),
  );
});

test('a change and a deleted message are told as over any other transport', () => {
  const base = { seq: 9, at: 0, from: { id: 'u', name: 'ada' } };
  const entries: LogEntry[] = [
    { ...base, of: 7, text: 'a\nb' },
    { ...base, of: 7, text: '' },
    { ...base, of: 7, deleted: true },
    { ...base, deleted: true },
  ];
  const lines = ['CHANGED lobby 9 7 a\\nb\n', 'CHANGED lobby 9 7 \n', 'CHANGED lobby 9 7\n', 'MESSAGE lobby 9 ada\n'];
  expect(entries.map((entry) => formatEntry('lobby', entry))).toEqual(lines);
  expect(entries.map((entry) => formatText(pushOf('lobby', entry)))).toEqual(lines);
});

test('data stays JSON that reads as what it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (data) => {
      const line = formatEntry('a', { seq: 1, at: 0, from: { id: 'u', name: 'n' }, data });
      expect(JSON.parse(line.slice('MESSAGE a 1 n '.length))).toEqual(JSON.parse(JSON.stringify(data)));
    }),
  );
});

test('the answers that are no chat message', () => {
  expect(formatPong('')).toBe('PONG\n');
  expect(formatPong('a b')).toBe('PONG a b\n');
  expect(formatEcho('hi')).toBe('ECHO: hi\n');
  expect(formatRooms([{ room: 'lobby', members: 2 }])).toBe('ROOM lobby 2\nEND\n');
  expect(formatRooms([])).toBe('END\n');
  expect(helpAnswer).toMatch(/^(HELP [ -~]+\n)+END\n$/);
});
