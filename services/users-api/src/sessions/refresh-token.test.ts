import { describe, expect, test } from 'vitest';
import { judgeRefresh } from './judge-refresh.ts';
import {
  createHandle,
  createSecret,
  decodeRefreshToken,
  encodeRefreshToken,
  hashPart,
  padSuccessor,
} from './refresh-token.ts';

test('a refresh token is read as it was written', () => {
  const token = { handle: createHandle(), secret: createSecret() };
  expect(decodeRefreshToken(encodeRefreshToken(token))).toEqual(token);
});

test.each(['', 'a.b', `${'a'.repeat(22)}.${'b'.repeat(42)}`, `${'a'.repeat(22)}.${'b'.repeat(43)}\n`])(
  '%j is none',
  (text) => {
    expect(decodeRefreshToken(text)).toBeUndefined();
  },
);

test('a successor is read with its predecessor only', () => {
  const [predecessor, successor] = [createSecret(), createSecret()];
  const sealed = padSuccessor(successor, predecessor);
  expect(padSuccessor(sealed, predecessor)).toEqual(successor);
  expect(padSuccessor(sealed, createSecret())).not.toEqual(successor);
});

describe('a presented token', () => {
  const family = {
    token_hash: hashPart(Buffer.from('2')),
    previous_hash: hashPart(Buffer.from('1')),
    rotated_at: 1_000,
    expires_at: 9_000,
  };
  const judge = (secret: string, now: number) => judgeRefresh(family, hashPart(Buffer.from(secret)), now, 500);

  test.each([
    ['the current one', '2', 5_000, 'rotate'],
    ['the one before, within the grace', '1', 1_499, 'repeat'],
    ['the one before, too late', '1', 1_500, 'end'],
    ['an older one', '0', 1_001, 'end'],
    ['any, after the end', '2', 9_000, 'expired'],
  ])('%s', (_what, secret, now, verdict) => {
    expect(judge(secret, now)).toBe(verdict);
  });

  test('of a family that never rotated has no predecessor', () => {
    const young = { ...family, previous_hash: null };
    expect(judgeRefresh(young, hashPart(Buffer.from('1')), 1_100, 500)).toBe('end');
  });
});
