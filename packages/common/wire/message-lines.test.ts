import fc from 'fast-check';
import { expect, test } from 'vitest';
import { messageLines } from './message-lines.ts';

const linesOf = (message: string, maxBytes = 8192) => [...messageLines(Buffer.from(message), { maxBytes })];

test('one line, with and without its end', () => {
  for (const message of ['HELLO', 'HELLO\n', 'HELLO\r\n']) expect(linesOf(message)).toEqual([{ text: 'HELLO' }]);
  for (const message of ['', '\n', '\r\n']) expect(linesOf(message)).toEqual([{ text: '' }]);
});

test('several lines, empty ones too', () => {
  expect(linesOf('a\r\n\nb\n\n')).toEqual([{ text: 'a' }, { text: '' }, { text: 'b' }, { text: '' }]);
});

test('a line that is too long is told once, and those behind it are read', () => {
  expect(linesOf(`a\n${'x'.repeat(10_000)}\nb`, 100)).toEqual([{ text: 'a' }, { tooLong: true }, { text: 'b' }]);
  expect(linesOf('x'.repeat(10_000), 9_999)).toEqual([{ tooLong: true }]);
});

test('whatever lines are joined into a message come out of it', () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 3_000 }).map((text) => text.replace(/[\r\n]/g, ' '));
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), (texts) => {
      expect(linesOf(`${texts.join('\n')}\n`, 1 << 20)).toEqual(texts.map((text) => ({ text })));
    }),
  );
});
