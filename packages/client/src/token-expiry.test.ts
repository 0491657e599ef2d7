import { expect, test } from 'vitest';
import { refreshInMs, tokenExpiry } from './token-expiry.ts';

const jwt = (claims: unknown) => `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;

test('a token’s end is its exp claim', () => {
  expect(tokenExpiry(jwt({ exp: 1_800_000_000, name: 'ÿ?>~ada' }))).toBe(1_800_000_000_000);
});

test.each(['', 'opaque', 'a.b.c', jwt('text'), jwt(null), jwt({}), jwt({ exp: 'soon' })])('%s has none', (token) => {
  expect(tokenExpiry(token)).toBeUndefined();
  expect(refreshInMs(token, 0)).toBeUndefined();
});

test('a new one is got when most of its time is over; never, when the clock says that it is too late', () => {
  const token = jwt({ exp: 1_000 });
  expect(refreshInMs(token, 100_000)).toBe(720_000);
  expect(refreshInMs(token, 1_000_000)).toBeUndefined();
});

test('a token that lasts for years does not make a timer go off at once', () => {
  expect(refreshInMs(jwt({ exp: 10 ** 10 }), 0)).toBe(2 ** 31 - 1);
});
