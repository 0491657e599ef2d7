import { expect, test } from 'vitest';
import { keyChars, RandomKeys } from './random-keys.ts';

test('keys are as long as they should be, and no two are the same', () => {
  const keys = new RandomKeys();
  const many = Array.from({ length: 3_000 }, () => keys.next());
  expect(new Set(many).size).toBe(many.length);
  for (const key of many) expect(key).toMatch(new RegExp(`^[\\w-]{${keyChars}}$`));
});
