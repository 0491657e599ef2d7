import { expect, test } from 'vitest';
import { AnswerSlots } from './answer-slots.ts';

test('answers leave in the order of their commands', () => {
  let written = '';
  const slots = new AnswerSlots((bytes) => {
    written += bytes;
  });
  const [a, b, c, d] = [slots.open(), slots.open(), slots.open(), slots.open()];
  slots.fill(c, Buffer.from('c'));
  slots.fill(b);
  expect([written, slots.size, slots.heldBytes]).toEqual(['', 4, 1]);
  slots.fill(a, Buffer.from('a'));
  slots.fill(a, Buffer.from('again'));
  expect([written, slots.size, slots.heldBytes]).toEqual(['ac', 1, 0]);
  slots.fill(d, Buffer.from('d'));
  expect([written, slots.size]).toEqual(['acd', 0]);
});
