import type { SignedIn } from '@parley/common/contracts/auth';
import { listOf, pageLimits } from '@parley/common/contracts/list';
import { publicUser, user } from '@parley/common/contracts/user';
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

describeEachDatabase('users', (databases) => {
  let api: TestApi;
  let admin: SignedIn;
  // For tests that change neither name, address nor password of theirs.
  let ada: SignedIn;
  let bob: SignedIn;
  const asAdmin = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    api.request(method, path, { token: admin.accessToken, body, headers });

  beforeAll(async () => {
    api = await startSharedUsersApi(await databases.create());
    admin = await api.register('root');
    [ada, bob] = await Promise.all([api.register('ada'), api.register('bob')]);
  });
  afterAll(() => api.service.close());

  test('H5 are created, read, replaced, patched and deleted', async () => {
    const name = freshName();
    const created = await asAdmin('POST', '/api/users', { ...registration(name), role: 'admin' });
    expect(created.status).toBe(201);
    const one = user.parse(await created.json());
    expect(one).toMatchObject({ username: name, displayName: name, role: 'admin' });
    const path = `/api/users/${one.id}`;
    expect(created.headers.get('location')).toBe(path);
    expect(await (await asAdmin('GET', path)).json()).toEqual(one);

    const other = { username: freshName(), email: `New.${name}@Example.org`, displayName: 'Ada' };
    const replaced = await asAdmin('PUT', path, { ...other, role: 'user' });
    expect(user.parse(await replaced.json())).toMatchObject({ ...other, role: 'user', createdAt: one.createdAt });
    const patched = await asAdmin('PATCH', path, { displayName: 'Ada L.' });
    const last = user.parse(await patched.json());
    expect(last).toMatchObject({ ...other, displayName: 'Ada L.' });
    expect(last.updatedAt > one.updatedAt).toBe(true);
    expect(await (await asAdmin('GET', path)).json()).toEqual(last);

    expect((await asAdmin('DELETE', path)).status).toBe(204);
    await expectProblem(await asAdmin('GET', path), 404, 'NOT_FOUND');
    await expectProblem(await asAdmin('DELETE', path), 404, 'NOT_FOUND');
    await expectProblem(await asAdmin('PATCH', path, { displayName: 'x' }), 404, 'NOT_FOUND');
    await api.register(other.username);
  });

  test('H5 are listed page by page, each once', async () => {
    const seen: string[] = [];
    let total = 0;
    for (let next: string | undefined = '/api/users?per_page=2'; next; ) {
      const response: Response = await asAdmin('GET', next);
      const page = listOf(user).parse(await response.json());
      seen.push(...page.items.map(({ id }) => id));
      total = page.total;
      next = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
    }
    expect(seen).toHaveLength(total);
    expect(new Set(seen).size).toBe(total);
    expect(seen[0]).toBe(admin.user.id);
    const beyond = await asAdmin('GET', `/api/users?page=${pageLimits.pageMax}`);
    expect(listOf(user).parse(await beyond.json()).items).toEqual([]);
    await expectProblem(await asAdmin('GET', '/api/users?page=9e15'), 400, 'BAD_MESSAGE', ['page']);
  });

  test('H6 wrong input is named', async () => {
    await expectProblem(await asAdmin('GET', '/api/users?page=0&per_page=101'), 400, 'BAD_MESSAGE', [
      'page',
      'per_page',
    ]);
    const role = { ...registration(freshName()), role: 'emperor' };
    await expectProblem(await asAdmin('POST', '/api/users', role), 400, 'BAD_MESSAGE', ['role']);
    await expectProblem(await asAdmin('PUT', '/api/users/me', {}), 400, 'BAD_MESSAGE', [
      'username',
      'email',
      'displayName',
    ]);
    await expectProblem(await asAdmin('PATCH', '/api/users/me', { email: 1 }), 400, 'BAD_MESSAGE', ['email']);
    await expectProblem(await asAdmin('GET', `/api/users/${'x'.repeat(65)}`), 400, 'BAD_MESSAGE', ['id']);
  });

  describe('H9 rights', () => {
    test('nobody gets in without a token, or with one that is none', async () => {
      for (const [method, path] of [
        ['GET', '/api/users'],
        ['POST', '/api/users'],
        ['GET', '/api/users/me'],
      ] as const) {
        const response = await api.request(method, path);
        expect(response.headers.get('www-authenticate')).toBe('Bearer');
        await expectProblem(response, 401, 'UNAUTHENTICATED');
      }
      for (const token of ['abc', `${admin.accessToken}x`, admin.refreshToken]) {
        await expectProblem(await api.request('GET', '/api/users', { token }), 401, 'UNAUTHENTICATED');
      }
    });

    test('e-mail addresses are for their owners and for admins', async () => {
      const read = (path: string) => api.request('GET', path, { token: ada.accessToken });
      const foreign = publicUser.strict().parse(await (await read(`/api/users/${bob.user.id}`)).json());
      expect(foreign.username).toBe(bob.user.username);
      const { email } = ada.user;
      expect(await (await read(`/api/users/${ada.user.id}`)).json()).toMatchObject({ email });
      expect(await (await asAdmin('GET', `/api/users/${ada.user.id}`)).json()).toMatchObject({ email });
      const list = listOf(publicUser.loose()).parse(await (await read('/api/users?per_page=100')).json());
      expect(list.items.filter((item) => 'email' in item).map(({ id }) => id)).toEqual([ada.user.id]);
    });

    test('only admins create, and change or delete others', async () => {
      const asAda = (method: string, path: string, body?: unknown) =>
        api.request(method, path, { token: ada.accessToken, body });
      const path = `/api/users/${bob.user.id}`;
      const { username, email, displayName } = bob.user;
      await expectProblem(await asAda('POST', '/api/users', registration(freshName())), 403, 'FORBIDDEN');
      await expectProblem(await asAda('PATCH', path, { displayName: 'x' }), 403, 'FORBIDDEN');
      await expectProblem(await asAda('PUT', path, { username, email, displayName }), 403, 'FORBIDDEN');
      await expectProblem(await asAda('DELETE', path), 403, 'FORBIDDEN');
      await expectProblem(await asAda('PATCH', '/api/users/me', { role: 'admin' }), 403, 'FORBIDDEN', ['role']);
      expect((await asAda('PATCH', '/api/users/me', { role: 'user', displayName: 'Me' })).status).toBe(200);
    });

    test('a right that was taken away is gone at once, whatever the token says', async () => {
      const created = await asAdmin('POST', '/api/users', { ...registration(freshName()), role: 'admin' });
      const { id, username } = user.parse(await created.json());
      const { accessToken } = await api.login(username);
      expect((await asAdmin('PATCH', `/api/users/${id}`, { role: 'user' })).status).toBe(200);
      const body = registration(freshName());
      await expectProblem(await api.request('POST', '/api/users', { token: accessToken, body }), 403, 'FORBIDDEN');
    });
  });

  test('a name or address of another is a conflict, one’s own is not', async () => {
    const change = (body: unknown) => api.request('PATCH', '/api/users/me', { token: ada.accessToken, body });
    await expectProblem(await change({ username: bob.user.username }), 409, 'CONFLICT', ['username']);
    await expectProblem(await change({ email: bob.user.email.toUpperCase() }), 409, 'CONFLICT', ['email']);
    const { username, email } = ada.user;
    const changed = await change({ username: username.toUpperCase(), email: email.toUpperCase() });
    expect(changed.status).toBe(200);
    expect(await changed.json()).toMatchObject({ username, email: email.toUpperCase() });
    expect((await change({ email })).status).toBe(200);
  });

  test('two who take each other’s names at once do not get stuck', async () => {
    const rename = (who: SignedIn, username: string) =>
      api.request('PATCH', '/api/users/me', { token: who.accessToken, body: { username } });
    const statuses = await Promise.all([rename(ada, bob.user.username), rename(bob, ada.user.username)]);
    expect(statuses.map(({ status }) => status)).toEqual([409, 409]);
  });

  describe('versions', () => {
    test('an unchanged user is 304', async () => {
      const { accessToken: token } = ada;
      const first = await api.request('GET', '/api/users/me', { token });
      const etag = first.headers.get('etag') ?? '';
      expect(etag).toMatch(/^"/);
      const again = await api.request('GET', '/api/users/me', { token, headers: { 'if-none-match': etag } });
      expect([again.status, await again.text()]).toEqual([304, '']);
      await api.request('PATCH', '/api/users/me', { token, body: { displayName: 'New' } });
      const changed = await api.request('GET', '/api/users/me', { token, headers: { 'if-none-match': etag } });
      expect(changed.status).toBe(200);
    });

    test('a stale If-Match is 412 and changes nothing; of two at once one wins', async () => {
      const { accessToken: token, user } = ada;
      const etag = (await api.request('GET', '/api/users/me', { token })).headers.get('etag') ?? '';
      const headers = { 'if-match': etag };
      const rename = (displayName: string) =>
        api.request('PATCH', '/api/users/me', { token, body: { displayName }, headers });
      const both = await Promise.all([rename('one'), rename('two')]);
      expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
      const winner = both.find(({ status }) => status === 200);
      await expectProblem(await rename('three'), 412, 'PRECONDITION_FAILED');
      await expectProblem(await api.request('DELETE', '/api/users/me', { token, headers }), 412, 'PRECONDITION_FAILED');
      expect(await (await api.request('GET', '/api/users/me', { token })).json()).toEqual(await winner?.json());
      const { username, email } = user;
      const body = { username, email, displayName: 'four' };
      const put = await api.request('PUT', '/api/users/me', {
        token,
        body,
        headers: { 'if-match': winner?.headers.get('etag') ?? '' },
      });
      expect(put.status).toBe(200);
    });

    test('differ for who may see more', async () => {
      const path = `/api/users/${ada.user.id}`;
      const foreign = await api.request('GET', path, { token: bob.accessToken });
      const own = await api.request('GET', path, {
        token: ada.accessToken,
        headers: { 'if-none-match': foreign.headers.get('etag') ?? '' },
      });
      expect(own.status).toBe(200);
    });
  });

  describe('passwords', () => {
    test('are changed with the current one, which ends the other sessions', async () => {
      const name = freshName();
      const [other, here] = [await api.register(name), await api.login(name)];
      const change = (body: unknown) => api.request('PATCH', '/api/users/me', { token: here.accessToken, body });
      const password = 'a better password';
      await expectProblem(await change({ password }), 400, 'BAD_MESSAGE', ['currentPassword']);
      await expectProblem(await change({ password, currentPassword: 'x' }), 400, 'BAD_MESSAGE', ['currentPassword']);
      expect((await change({ password, currentPassword: PASSWORD })).status).toBe(200);
      await expectProblem(
        await api.request('GET', '/api/users/me', { token: other.accessToken }),
        401,
        'UNAUTHENTICATED',
      );
      expect((await api.request('GET', '/api/users/me', { token: here.accessToken })).status).toBe(200);
      await api.login(name, password);
      const old = await api.request('POST', '/api/auth/login', { body: { username: name, password: PASSWORD } });
      await expectProblem(old, 401, 'UNAUTHENTICATED');
    });

    test('are set by an admin without the current one', async () => {
      const { user: ada, accessToken } = await api.register(freshName());
      expect((await asAdmin('PATCH', `/api/users/${ada.id}`, { password: 'set by root' })).status).toBe(200);
      await expectProblem(await api.request('GET', '/api/users/me', { token: accessToken }), 401, 'UNAUTHENTICATED');
      await api.login(ada.username, 'set by root');
    });

    test('are in no answer', async () => {
      const response = await asAdmin('POST', '/api/users', registration(freshName()));
      expect(await response.text()).not.toMatch(/argon|password/);
    });
  });

  test('creation with an Idempotency-Key takes place once', async () => {
    const headers = { 'idempotency-key': 'create-1' };
    const body = registration(freshName());
    const responses = await Promise.all([1, 2, 3].map(() => asAdmin('POST', '/api/users', body, headers)));
    const answers = await Promise.all(responses.map((response) => response.text()));
    expect(responses.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(answers).size).toBe(1);
    const { id } = user.parse(JSON.parse(answers[0] ?? ''));
    await asAdmin('PATCH', `/api/users/${id}`, { displayName: 'changed since' });
    const later = await asAdmin('POST', '/api/users', body, headers);
    expect(await later.text()).toBe(answers[0]);
    expect(later.headers.get('idempotency-replayed')).toBe('true');
    await expectProblem(await asAdmin('POST', '/api/users', registration(freshName()), headers), 409, 'CONFLICT');
  });
});

test('H14 many changes by one user are refused, counted, and hinder nobody else', async () => {
  const api = await startUsersApi(await temporaryPlace(), { USERS_CHANGES_PER_MINUTE: '2' });
  const [root, ada] = [await api.register('root'), await api.register('ada')];
  const rename = (displayName: string, { accessToken: token }: SignedIn) =>
    api.request('PATCH', '/api/users/me', { token, body: { displayName } });
  expect((await rename('one', ada)).headers.get('ratelimit-remaining')).toBe('1');
  expect((await rename('two', ada)).status).toBe(200);
  await expectProblem(await rename('three', ada), 429, 'RATE_LIMITED');
  expect((await rename('one', root)).status).toBe(200);
  const metrics = await (await api.request('GET', '/metrics')).text();
  expect(metrics).toMatch(/parley_users_refused_total\{(?=.*limit="changes").*\} 1\n/);
});
