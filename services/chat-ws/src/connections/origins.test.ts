import { expect, test } from 'vitest';
import { createOriginCheck } from './origins.ts';

const usersApi = async () => new URL('http://127.0.0.1:8080');

test('without a list, programs and the pages of users-api may connect', async () => {
  const allowed = createOriginCheck([], usersApi);
  expect(await allowed(undefined)).toBe(true);
  expect(await allowed('http://127.0.0.1:8080')).toBe(true);
  expect(await allowed('http://localhost:8080')).toBe(true);
  for (const origin of ['http://localhost:8081', 'https://localhost:8080', 'https://evil.example', 'null', '']) {
    expect(await allowed(origin), origin).toBe(false);
  }
});

test('with a list, it alone decides on pages', async () => {
  const allowed = createOriginCheck(['https://chat.example'], usersApi);
  expect(await allowed('https://chat.example')).toBe(true);
  expect(await allowed('http://127.0.0.1:8080')).toBe(false);
  expect(await allowed(undefined)).toBe(true);
});
