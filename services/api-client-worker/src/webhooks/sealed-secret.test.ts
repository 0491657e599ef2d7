import { createKeyRing } from '@parley/common/runtime/key-ring';
import { expect, test } from 'vitest';
import { isSealedByCurrentKey, openSecret, sealSecret } from './sealed-secret.ts';

const old = createKeyRing(['an old secret']);
const both = createKeyRing(['a new secret', 'an old secret']);
const renewed = createKeyRing(['a new secret']);

test('is opened by its owner and its key only', () => {
  const sealed = sealSecret(old, 'wh_1', 'whsec_abc');
  expect(sealed).not.toContain('abc');
  expect(sealSecret(old, 'wh_1', 'whsec_abc')).not.toBe(sealed);
  expect(openSecret(old, 'wh_1', sealed)).toBe('whsec_abc');
  expect(openSecret(old, 'wh_2', sealed)).toBeUndefined();
  expect(openSecret(renewed, 'wh_1', sealed)).toBeUndefined();
});

test('survives the rotation of the service secret', () => {
  const sealed = sealSecret(old, 'wh_1', 'whsec_abc');
  expect(openSecret(both, 'wh_1', sealed)).toBe('whsec_abc');
  expect(isSealedByCurrentKey(old, sealed)).toBe(true);
  expect(isSealedByCurrentKey(both, sealed)).toBe(false);
});

test('what was changed, cut short or never sealed is not opened', () => {
  const sealed = sealSecret(old, 'wh_1', 'whsec_abc');
  const [version, key, bytes = ''] = sealed.split('.');
  const flipped = `${bytes[0] === 'A' ? 'B' : 'A'}${bytes.slice(1)}`;
  for (const wrong of [
    `${version}.${key}.${flipped}`,
    sealed.slice(0, -4),
    `${version}.${key}.`,
    `2.${key}.${bytes}`,
    'x',
    '',
  ]) {
    expect(openSecret(old, 'wh_1', wrong)).toBeUndefined();
  }
});
