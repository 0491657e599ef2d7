import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshName, PASSWORD, startSharedUsersApi, type TestApi } from './start-users-api.ts';

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
    const logins = Array.from({ length: 4 }, () => login(name));
    expect((await api.request('DELETE', '/api/users/me', { token })).status).toBe(204);
    for (const { status } of await Promise.all(logins)) expect([200, 401]).toContain(status);
  });

  test('logins and a change of the password: no session that began with the old one outlives it', async () => {
    const name = freshName();
    const { user } = await api.register(name);
    const body = { password: 'a better password' };
    const change = api.request('PATCH', `/api/users/${user.id}`, { token: root, body });
    const logins = await Promise.all(Array.from({ length: 6 }, () => login(name)));
    expect((await change).status).toBe(200);
    for (const response of logins.filter(({ status }) => status === 200)) {
      const { accessToken: token } = (await response.json()) as { accessToken: string };
      expect((await api.request('GET', '/api/users/me', { token })).status).toBe(401);
    }
  });
});
