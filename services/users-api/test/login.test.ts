import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signedIn } from '@parley/common/contracts/auth';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  expectProblem,
  freshName,
  PASSWORD,
  startSharedUsersApi,
  startUsersApi,
  type TestApi,
  temporaryPlace,
} from './start-users-api.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

describe('login', () => {
  let api: TestApi;
  const login = (body: unknown, headers?: Record<string, string>) =>
    api.request('POST', '/api/auth/login', { body, headers });

  let dataDir: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'parley-users-'));
    api = await startSharedUsersApi({ dataDir }, { USERS_LOGIN_FAILURES: '3' });
    await api.register('bob');
  });
  afterAll(async () => {
    await api.service.close();
    await rm(dataDir, { recursive: true });
  });

  test('takes the name or the address, in any case', async () => {
    for (const username of ['bob', 'BOB', 'bob@EXAMPLE.org']) {
      const response = await login({ username, password: PASSWORD });
      expect(response.status).toBe(200);
      expect(signedIn.parse(await response.json()).user.username).toBe('bob');
    }
  });

  test('H16 takes an urlencoded form', async () => {
    const response = await login('username=bob&password=correct+horse', FORM);
    expect(response.status).toBe(200);
    expect(signedIn.parse(await response.json()).user.username).toBe('bob');
    await expectProblem(await login('username=a', FORM), 400, 'BAD_MESSAGE', ['password']);
    await expectProblem(await login('username=a&username=b&password=c', FORM), 400, 'BAD_MESSAGE', ['username']);
  });

  test('H14 takes no other content type', async () => {
    const response = await login('<login/>', { 'content-type': 'application/xml' });
    await expectProblem(response, 415, 'UNSUPPORTED_MEDIA_TYPE');
    await expectProblem(await api.request('POST', '/api/auth/login'), 415, 'UNSUPPORTED_MEDIA_TYPE');
  });

  test('H9 refuses a wrong password and an unknown user in the same words', async () => {
    const wrong = await login({ username: 'bob', password: 'wrong' });
    const unknown = await login({ username: 'unknown', password: PASSWORD });
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer');
    expect(await expectProblem(wrong, 401, 'UNAUTHENTICATED')).toEqual(
      await expectProblem(unknown, 401, 'UNAUTHENTICATED'),
    );
  });

  test.each([true, false])('stops guesses at one account, whether there is such a user or not: %s', async (isKnown) => {
    const username = freshName();
    if (isKnown) await api.register(username);
    const guesses = await Promise.all([1, 2, 3, 4, 5].map(() => login({ username, password: 'wrong' })));
    expect(guesses.map(({ status }) => status).sort()).toEqual([401, 401, 401, 429, 429]);
    const more = await login({ username, password: PASSWORD });
    await expectProblem(more, 429, 'RATE_LIMITED');
    expect(Number(more.headers.get('retry-after'))).toBeGreaterThan(0);
    await api.login('bob');
  });

  test('forgives guesses when the right password comes in time, and counts name and address as one', async () => {
    const name = freshName();
    await api.register(name);
    const address = `${name}@example.org`;
    const guess = (username: string) => login({ username, password: 'wrong' });
    for (const each of [name, address]) await expectProblem(await guess(each), 401, 'UNAUTHENTICATED');
    await api.login(name);
    for (const each of [name, address, name.toUpperCase()]) {
      await expectProblem(await guess(each), 401, 'UNAUTHENTICATED');
    }
    await expectProblem(await guess(address), 429, 'RATE_LIMITED');
  });
});

test('a flood of logins waits in a bounded queue, also of unknown users; what is too much is refused at once', async () => {
  const api = await startUsersApi(await temporaryPlace(), {
    USERS_HASH_CONCURRENCY: '1',
    USERS_HASH_QUEUE: '2',
    USERS_LOGIN_FAILURES: '100',
  });
  await api.register('ada');
  const login = (username: string) =>
    api.request('POST', '/api/auth/login', { body: { username, password: PASSWORD } });
  for (const [name, status] of [
    ['ada', 200],
    ['nobody', 401],
  ] as const) {
    const responses = await Promise.all(Array.from({ length: 8 }, () => login(name)));
    const refused = responses.filter((response) => response.status === 503);
    const taken = responses.filter((response) => response.status === status);
    expect(taken.length).toBeGreaterThanOrEqual(3);
    expect(refused.length).toBeGreaterThan(0);
    expect(taken.length + refused.length).toBe(8);
    for (const response of refused) {
      expect(response.headers.get('retry-after')).toBe('2');
      await expectProblem(response, 503, 'UNAVAILABLE');
    }
  }
  expect((await login('ada')).status).toBe(200);
  expect(await (await api.request('GET', '/metrics')).text()).toMatch(/parley_passwords_refused_total\{.*\} [1-9]/);
});

test('H14 many logins from one address are refused with a time to come back', async () => {
  const api = await startUsersApi(await temporaryPlace(), { USERS_LOGINS_PER_MINUTE: '1' });
  const login = () => api.request('POST', '/api/auth/login', { body: { username: 'ada', password: PASSWORD } });
  expect((await login()).headers.get('ratelimit-remaining')).toBe('0');
  const second = await login();
  expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(50);
  await expectProblem(second, 429, 'RATE_LIMITED');
});
