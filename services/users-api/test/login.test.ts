import { signedIn } from '@parley/common/contracts/auth';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

describeEachDatabase('login', (databases) => {
  let api: TestApi;
  const login = (body: unknown, headers?: Record<string, string>) =>
    api.request('POST', '/api/auth/login', { body, headers });

  beforeAll(async () => {
    api = await startSharedUsersApi(await databases.create(), { USERS_LOGIN_FAILURES: '3' });
  });
  afterAll(() => api.service.close());

  test('takes the name or the address, in any case', async () => {
    const name = freshName();
    await api.register(name);
    for (const username of [name, name.toUpperCase(), `${name}@EXAMPLE.org`]) {
      const response = await login({ username, password: PASSWORD });
      expect(response.status).toBe(200);
      expect(signedIn.parse(await response.json()).user.username).toBe(name);
    }
  });

  test('H16 takes an urlencoded form', async () => {
    const name = freshName();
    await api.register(name);
    const response = await login(`username=${name}&password=correct+horse`, FORM);
    expect(response.status).toBe(200);
    expect(signedIn.parse(await response.json()).user.username).toBe(name);
    await expectProblem(await login('username=a', FORM), 400, 'BAD_MESSAGE', ['password']);
  });

  test('H14 takes no other content type', async () => {
    const response = await login('<login/>', { 'content-type': 'application/xml' });
    await expectProblem(response, 415, 'UNSUPPORTED_MEDIA_TYPE');
    await expectProblem(await api.request('POST', '/api/auth/login'), 415, 'UNSUPPORTED_MEDIA_TYPE');
  });

  test('H9 refuses a wrong password and an unknown user in the same words', async () => {
    const name = freshName();
    await api.register(name);
    const wrong = await login({ username: name, password: 'wrong' });
    const unknown = await login({ username: freshName(), password: PASSWORD });
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer');
    expect(await expectProblem(wrong, 401, 'UNAUTHENTICATED')).toEqual(
      await expectProblem(unknown, 401, 'UNAUTHENTICATED'),
    );
  });

  test('stops guesses at one account, and a right password in time is forgiven', async () => {
    const name = freshName();
    await api.register(name);
    const guess = () => login({ username: name, password: 'wrong' });
    for (const _ of [1, 2]) await expectProblem(await guess(), 401, 'UNAUTHENTICATED');
    await api.login(name);
    const guesses = await Promise.all([guess(), guess(), guess(), guess(), guess()]);
    expect(guesses.map(({ status }) => status).sort()).toEqual([401, 401, 401, 429, 429]);
    const right = await login({ username: `${name}@example.org`, password: PASSWORD });
    await expectProblem(right, 429, 'RATE_LIMITED');
    expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(0);
    await api.register(freshName());
  });
});

test('an unknown user takes as long as a wrong password', async () => {
  const api = await startUsersApi(await temporaryPlace());
  await api.register('ada');
  async function milliseconds(username: string): Promise<number> {
    const times: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      const startedAt = performance.now();
      await api.request('POST', '/api/auth/login', { body: { username, password: 'wrong' } });
      times.push(performance.now() - startedAt);
    }
    return Math.min(...times);
  }
  const [known, unknown] = [await milliseconds('ada'), await milliseconds('nobody')];
  expect(unknown).toBeGreaterThan(known * 0.5);
  expect(unknown).toBeLessThan(known * 2);
});

test('a flood of logins waits in a bounded queue; what is too much is refused at once', async () => {
  const api = await startUsersApi(await temporaryPlace(), {
    USERS_HASH_CONCURRENCY: '1',
    USERS_HASH_QUEUE: '2',
    USERS_LOGIN_FAILURES: '100',
  });
  await api.register('ada');
  const login = () => api.request('POST', '/api/auth/login', { body: { username: 'ada', password: PASSWORD } });
  const responses = await Promise.all(Array.from({ length: 12 }, login));
  const refused = responses.filter(({ status }) => status === 503);
  const taken = responses.filter(({ status }) => status === 200);
  expect(taken.length).toBeGreaterThanOrEqual(3);
  expect(refused.length).toBeGreaterThan(0);
  expect(taken.length + refused.length).toBe(12);
  for (const response of refused) {
    expect(response.headers.get('retry-after')).toBe('2');
    await expectProblem(response, 503, 'UNAVAILABLE');
  }
  expect((await login()).status).toBe(200);
});

test('H14 many logins from one address are refused with a time to come back', async () => {
  const api = await startUsersApi(await temporaryPlace(), { USERS_LOGINS_PER_MINUTE: '1' });
  const login = () => api.request('POST', '/api/auth/login', { body: { username: 'ada', password: PASSWORD } });
  expect((await login()).headers.get('ratelimit-remaining')).toBe('0');
  const second = await login();
  expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(50);
  await expectProblem(second, 429, 'RATE_LIMITED');
});
