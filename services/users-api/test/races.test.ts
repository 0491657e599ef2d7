import { user } from '@parley/common/contracts/user';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  expectProblem,
  freshName,
  PASSWORD,
  registration,
  startSharedUsersApi,
  type TestApi,
} from './start-users-api.ts';

describeEachDatabase('at the same time', (databases) => {
  let api: TestApi;
  let root: string;
  const login = (username: string) =>
    api.request('POST', '/api/auth/login', { body: { username, password: PASSWORD } });

  beforeAll(async () => {
    api = await startSharedUsersApi(await databases.create());
    root = (await api.register('root')).accessToken;
  });
  afterAll(() => api.service.close());

  test('logins and the deletion of their user: those that are too late are refused', async () => {
    const name = freshName();
    const { accessToken: token } = await api.register(name);
    const logins = Array.from({ length: 3 }, () => login(name));
    expect((await api.request('DELETE', '/api/users/me', { token })).status).toBe(204);
    for (const { status } of await Promise.all(logins)) expect([200, 401]).toContain(status);
  });

  test('logins and a change of the password: no session that began with the old one outlives it', async () => {
    const name = freshName();
    const { user } = await api.register(name);
    const body = { password: 'a better password' };
    const change = api.request('PATCH', `/api/users/${user.id}`, { token: root, body });
    const logins = await Promise.all(Array.from({ length: 5 }, () => login(name)));
    expect((await change).status).toBe(200);
    for (const response of logins.filter(({ status }) => status === 200)) {
      const { accessToken: token } = (await response.json()) as { accessToken: string };
      expect((await api.request('GET', '/api/users/me', { token })).status).toBe(401);
    }
  });

  test('two changes of one password: the second finds another one than it was checked against', async () => {
    const { accessToken: token } = await api.register(freshName());
    const change = (password: string) =>
      api.request('PATCH', '/api/users/me', { token, body: { password, currentPassword: PASSWORD } });
    const statuses = (await Promise.all([change('the first one'), change('the second one')])).map(
      ({ status }) => status,
    );
    const [taken, refused] = statuses.sort();
    expect(taken).toBe(200);
    expect([400, 409]).toContain(refused);
  });

  test('an admin who loses the role cannot take it back with what was under way', async () => {
    const name = freshName();
    const { id } = (await api.register(name)).user;
    const setRole = (role: string) => api.request('PATCH', `/api/users/${id}`, { token: root, body: { role } });
    expect((await setRole('admin')).status).toBe(200);
    const { accessToken: token } = await api.login(name);
    const own = (i: number) =>
      api.request('PATCH', '/api/users/me', { token, body: { role: 'admin', displayName: `still admin ${i}` } });
    const requests = Array.from({ length: 17 }, (_, i) => (i === 8 ? setRole('user') : own(i)));
    for (const { status } of await Promise.all(requests)) expect([200, 403]).toContain(status);
    const after = await api.request('GET', `/api/users/${id}`, { token: root });
    expect(await after.json()).toMatchObject({ role: 'user' });
  });

  test('an admin who loses the role creates no other admin afterwards', async () => {
    const name = freshName();
    const { id } = (await api.register(name)).user;
    const setRole = (role: string) => api.request('PATCH', `/api/users/${id}`, { token: root, body: { role } });
    expect((await setRole('admin')).status).toBe(200);
    const { accessToken: token } = await api.login(name);
    const create = () =>
      api.request('POST', '/api/users', { token, body: { ...registration(freshName()), role: 'admin' } });
    const [one, other, demotion] = await Promise.all([create(), create(), setRole('user')]);
    const { updatedAt } = user.parse(await demotion.json());
    for (const creation of [one, other]) {
      expect([201, 403]).toContain(creation.status);
      if (creation.status === 403) continue;
      const created = user.parse(await creation.json());
      expect(created.createdAt <= updatedAt).toBe(true);
      await api.request('DELETE', `/api/users/${created.id}`, { token: root });
    }
  });

  test('the last admin can neither leave nor step down, and of the last two only one leaves', async () => {
    const leave = (token: string) => api.request('DELETE', '/api/users/me', { token });
    await expectProblem(await leave(root), 409, 'CONFLICT');
    const stepDown = await api.request('PATCH', '/api/users/me', { token: root, body: { role: 'user' } });
    await expectProblem(stepDown, 409, 'CONFLICT');
    const name = freshName();
    const { id } = (await api.register(name)).user;
    await api.request('PATCH', `/api/users/${id}`, { token: root, body: { role: 'admin' } });
    const second = await api.login(name);
    const both = await Promise.all([leave(root), leave(second.accessToken)]);
    expect(both.map(({ status }) => status).sort()).toEqual([204, 409]);
  });
});
