import { signedIn } from '@parley/common/contracts/auth';
import { listOf } from '@parley/common/contracts/list';
import { user } from '@parley/common/contracts/user';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  expectProblem,
  freshName,
  PASSWORD,
  registration,
  startSharedUsersApi,
  startUsersApi,
  type TestApi,
  temporaryPlace,
} from './start-users-api.ts';

const SECRETS = { PARLEY_MODE: 'production', PARLEY_SERVICE_SECRET: 'a'.repeat(64) };
const SETUP = 'the-setup-token-of-this-test';

describeEachDatabase('registration', (databases) => {
  let api: TestApi;
  const register = (body: unknown, headers?: Record<string, string>) =>
    api.request('POST', '/api/auth/register', { body, headers });

  beforeAll(async () => {
    api = await startSharedUsersApi(await databases.create());
    await api.register('root');
  });
  afterAll(() => api.service.close());

  test('makes a user who is signed in', async () => {
    const name = freshName();
    const response = await register({ ...registration(name), username: name.toUpperCase(), displayName: 'Ada L.' });
    expect(response.status).toBe(201);
    const answer = signedIn.parse(await response.json());
    expect(answer.user).toMatchObject({
      username: name,
      email: `${name}@example.org`,
      displayName: 'Ada L.',
      role: 'user',
    });
    expect(answer.user.avatarUrl).toBeNull();
    expect(answer.expiresIn).toBe(900);
    expect(response.headers.get('location')).toBe(`/api/users/${answer.user.id}`);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const me = await api.request('GET', '/api/users/me', { token: answer.accessToken });
    expect(await me.json()).toEqual(answer.user);
  });

  test('H6 names every field that is wrong', async () => {
    const body = { username: 'a b', email: 'nobody', password: 'short', displayName: '' };
    await expectProblem(await register(body), 400, 'BAD_MESSAGE', ['username', 'email', 'password', 'displayName']);
    await expectProblem(await register({}), 400, 'BAD_MESSAGE', ['username', 'email', 'password']);
    const withNul = { ...registration(freshName()), displayName: 'a\u0000b' };
    await expectProblem(await register(withNul), 400, 'BAD_MESSAGE', ['displayName']);
  });

  test.each(['guest-ada', 'Guest-Ada', 'a', '-ada', 'x'.repeat(33)])('H6 refuses the name %j', async (username) => {
    await expectProblem(await register({ ...registration('ok'), username }), 400, 'BAD_MESSAGE', ['username']);
  });

  test('takes a name and an address once, whatever the case', async () => {
    const name = freshName();
    await api.register(name);
    const other = freshName();
    const email = `${name}@EXAMPLE.org`;
    await expectProblem(await register({ ...registration(other), username: name.toUpperCase() }), 409, 'CONFLICT', [
      'username',
    ]);
    await expectProblem(await register({ ...registration(other), email }), 409, 'CONFLICT', ['email']);
    await expectProblem(await register({ ...registration(name), email }), 409, 'CONFLICT', ['username', 'email']);
  });

  test('of one name by many at once succeeds once', async () => {
    const name = freshName();
    const responses = await Promise.all(
      Array.from({ length: 4 }, (_, i) => register({ ...registration(name), email: `${name}.${i}@example.org` })),
    );
    const statuses = responses.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, 409, 409, 409]);
  });

  describe('with an Idempotency-Key', () => {
    test('is answered with the same user and a session that works', async () => {
      const name = freshName();
      const send = () => register(registration(name), { 'idempotency-key': 'k-1' });
      const [first, second] = [await send(), await send()];
      expect([first.status, second.status]).toEqual([201, 201]);
      expect(second.headers.get('idempotency-replayed')).toBe('true');
      const [one, other] = [signedIn.parse(await first.json()), signedIn.parse(await second.json())];
      expect(other.user).toEqual(one.user);
      expect(other.refreshToken).not.toBe(one.refreshToken);
      expect((await api.request('GET', '/api/users/me', { token: other.accessToken })).status).toBe(200);
    });

    test('at once makes one user', async () => {
      const name = freshName();
      const responses = await Promise.all(
        Array.from({ length: 3 }, () => register(registration(name), { 'idempotency-key': 'k-2' })),
      );
      const answers = await Promise.all(responses.map(async (response) => signedIn.parse(await response.json())));
      expect(new Set(answers.map(({ user: { id } }) => id)).size).toBe(1);
    });

    test('of another body is a conflict, also when only the password differs', async () => {
      const first = registration(freshName());
      const headers = { 'idempotency-key': 'k-3' };
      expect((await register(first, headers)).status).toBe(201);
      for (const other of [
        { ...first, password: 'another password' },
        { ...first, displayName: 'Another' },
      ]) {
        await expectProblem(await register(other, headers), 409, 'CONFLICT', ['Idempotency-Key']);
      }
    });

    test('gives no session for a password that has been changed since', async () => {
      const body = registration(freshName());
      const headers = { 'idempotency-key': 'k-4' };
      const { accessToken: token } = signedIn.parse(await (await register(body, headers)).json());
      const change = { currentPassword: PASSWORD, password: 'a better password' };
      expect((await api.request('PATCH', '/api/users/me', { token, body: change })).status).toBe(200);
      await expectProblem(await register(body, headers), 401, 'UNAUTHENTICATED');
    });

    test('that is no key is refused', async () => {
      const headers = { 'idempotency-key': 'x'.repeat(256) };
      await expectProblem(await register(registration(freshName()), headers), 400, 'BAD_MESSAGE', ['Idempotency-Key']);
    });
  });
});

describeEachDatabase('of those who register at once', (databases) => {
  test('H7 as many get in as may be; in development the first one is the admin', async () => {
    const api = await startUsersApi(await databases.create(), { USERS_MAX: '4' });
    const responses = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        api.request('POST', '/api/auth/register', { body: registration(`racer${i}`) }),
      ),
    );
    const refused = responses.filter(({ status }) => status !== 201);
    expect(refused).toHaveLength(2);
    for (const response of refused) await expectProblem(response, 403, 'LIMIT_REACHED');
    const taken = responses.filter(({ status }) => status === 201);
    const answers = await Promise.all(taken.map(async (response) => signedIn.parse(await response.json())));
    const [admin, ...others] = answers.filter((answer) => answer.user.role === 'admin');
    expect(others).toEqual([]);
    const list = await api.request('GET', '/api/users', { token: admin?.accessToken });
    const { items, total } = listOf(user).parse(await list.json());
    expect(total).toBe(4);
    expect(items.filter(({ role }) => role === 'admin')).toEqual([admin?.user]);
  });

  test('in production one is the admin by the setup token, once', async () => {
    const api = await startUsersApi(await databases.create(), { ...SECRETS, PARLEY_SETUP_TOKEN: SETUP });
    const register = (username: string, setupToken?: string) =>
      api.request('POST', '/api/auth/register', { body: { ...registration(username), setupToken } });
    expect((await api.register('early')).user.role).toBe('user');
    await expectProblem(await register('eve', `${SETUP}!`), 403, 'FORBIDDEN', ['setupToken']);
    const responses = await Promise.all(Array.from({ length: 3 }, (_, i) => register(`boss${i}`, SETUP)));
    expect(responses.map(({ status }) => status).sort()).toEqual([201, 403, 403]);
    const admin = responses.find(({ status }) => status === 201);
    expect(signedIn.parse(await admin?.json()).user.role).toBe('admin');
    await expectProblem(await register('late', SETUP), 403, 'FORBIDDEN', ['setupToken']);
  });
});

test('nobody becomes the admin with a token when none is set', async () => {
  const api = await startUsersApi(await temporaryPlace(), SECRETS);
  const body = { ...registration('eve'), setupToken: '' };
  await expectProblem(await api.request('POST', '/api/auth/register', { body }), 403, 'FORBIDDEN', ['setupToken']);
});

test('passwords guessed with an Idempotency-Key count as failed logins', async () => {
  const api = await startUsersApi(await temporaryPlace(), { USERS_LOGIN_FAILURES: '2' });
  const headers = { 'idempotency-key': 'guessable' };
  const register = (password: string) =>
    api.request('POST', '/api/auth/register', { body: { ...registration('ada'), password }, headers });
  expect((await register(PASSWORD)).status).toBe(201);
  for (const guess of ['first guess', 'second guess']) await expectProblem(await register(guess), 409, 'CONFLICT');
  await expectProblem(await register(PASSWORD), 429, 'RATE_LIMITED');
  const login = await api.request('POST', '/api/auth/login', { body: { username: 'ada', password: PASSWORD } });
  await expectProblem(login, 429, 'RATE_LIMITED');
});

test('H14 a flood of registrations from one address is told how it stands and then refused', async () => {
  const api = await startUsersApi(await temporaryPlace(), { USERS_REGISTERS_PER_MINUTE: '2' });
  const send = () => api.request('POST', '/api/auth/register', { body: { password: PASSWORD } });
  const [first, second, third] = [await send(), await send(), await send()];
  expect(first.headers.get('ratelimit-limit')).toBe('2');
  expect([first, second, third].map(({ headers }) => headers.get('ratelimit-remaining'))).toEqual(['1', '0', '0']);
  expect(second.status).toBe(400);
  await expectProblem(third, 429, 'RATE_LIMITED');
  const retryAfter = Number(third.headers.get('retry-after'));
  expect(retryAfter).toBeGreaterThan(50);
  expect(retryAfter).toBeLessThanOrEqual(60);
  expect(third.headers.get('ratelimit-reset')).toBe(String(retryAfter));
});
