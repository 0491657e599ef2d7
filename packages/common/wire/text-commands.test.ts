import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ParleyError } from '../runtime/errors.ts';
import { readVectors } from '../vectors/read-vectors.ts';
import { isHttpRequestLine, parseTextCommand, type TextCommand } from './text-commands.ts';

type Case = { line: string; room: string | null } & ({ command: TextCommand } | { error: string });
const { commands } = readVectors<{ commands: Case[] }>('text-commands');

function outcome(line: string, room: string | undefined): { command: TextCommand } | { error: string } {
  try {
    return { command: parseTextCommand(line, room) };
  } catch (failure) {
    if (failure instanceof ParleyError) return { error: failure.code };
    throw failure;
  }
}

describe('vectors', () => {
  test.each(commands)('$line in $room', ({ line, room, ...expected }) => {
    expect(outcome(line, room ?? undefined)).toEqual(expected);
  });
});

describe('any line', () => {
  const words = fc.constantFrom('JOIN', 'leave', '/who', 'HISTORY', 'MSG', '//', 'POST', 'NAME', 'x', '7', '', ' ');
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(words).map((parts) => parts.join(' ')),
  );
  const room = fc.constantFrom(undefined, 'lobby');

  test('is a command or one of three errors', () => {
    fc.assert(
      fc.property(line, room, (text, current) => {
        const result = outcome(text, current);
        if ('error' in result) expect(['BAD_MESSAGE', 'NOT_JOINED', 'UNKNOWN_TYPE']).toContain(result.error);
      }),
    );
  });

  test('in lower case and without a slash is posted in a room as typed', () => {
    const plain = fc.string({ unit: 'grapheme' }).filter((text) => {
      return (
        !text.startsWith('/') && !text.includes('\0') && text.toUpperCase() !== text && text.toLowerCase() === text
      );
    });
    fc.assert(
      fc.property(plain, (text) => {
        expect(outcome(text, 'lobby')).toEqual({
          command: { kind: 'message', message: { type: 'post', room: 'lobby', text } },
        });
      }),
    );
  });

  test('behind MSG is posted as typed', () => {
    const content = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(content, (text) => {
        expect(outcome(`MSG ${text}`, 'lobby')).toEqual({
          command: { kind: 'message', message: { type: 'post', room: 'lobby', text } },
        });
      }),
    );
  });
});

test.each([
  ['GET / HTTP/1.1', true],
  ['POST /x?y HTTP/1.0', true],
  ['WORD path HTTP/1.x', false],
  ['GET /', false],
  ['talk about HTTP/1.1', true],
  ['let us talk about HTTP/1.1', false],
])('isHttpRequestLine(%j) is %j', (line, expected) => {
  expect(isHttpRequestLine(line)).toBe(expected);
});
