import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { changeHash, contentHash, isSameContent } from './content.ts';

test('a text, data that reads like it, an edit and a deletion have different hashes', () => {
  const hashes = [
    contentHash('1', null),
    contentHash(null, '1'),
    changeHash(1, '1'),
    changeHash(11, ''),
    changeHash(1, null),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(isSameContent(contentHash('1', null), contentHash('1', null))).toBe(true);
  expect(isSameContent(contentHash('1', null), contentHash('2', null))).toBe(false);
});

test('a hash that was stored in base64url is known', () => {
  for (const text of ['hello', '', 'grüße', 'x'.repeat(1_000)]) {
    const stored = hash('sha256', `t${text}`, 'base64url').slice(0, 22);
    expect(isSameContent(stored, contentHash(text, null))).toBe(true);
    expect(isSameContent(stored, contentHash(`${text}!`, null))).toBe(false);
  }
});
