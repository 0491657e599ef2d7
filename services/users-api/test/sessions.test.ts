import type { SignedIn } from '@parley/common/contracts/auth';
import { signedIn } from '@parley/common/contracts/auth';
import { session, sessionList } from '@parley/common/contracts/session';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  expectProblem,
  freshName,
  startSharedUsersApi,
  startUsersApi,
  type TestApi,
  temporaryPlace,
} from './start-users-api.ts';

async function refresh(api: TestApi, refreshToken: string): Promise<SignedIn> {
  const response = await api.request('POST', '/api/auth/refresh', { body: { refreshToken } });
  expect(response.status).toBe(200);
  return signedIn.parse(await response.json());
}

function tryRefresh(api: TestApi, refreshToken: string): Promise<Response> {
  return api.request('POST', '/api/auth/refresh', { body: { refreshToken } });
}

describeEachDatabase('sessions', (databases) => {
  let api: TestApi;

  beforeAll(async () => {
    api = await startSharedUsersApi(await databases.create(), { USERS_SESSIONS_PER_USER: '3' });
  });
  afterAll(() => api.service.close());

  describe('refresh', () => {
    test('gives the next tokens of the same session', async () => {
      const first = await api.register(freshName());
      const second = await refresh(api, first.refreshToken);
      const third = await refresh(api, second.refreshToken);
      expect(third.user).toEqual(first.user);
      expect(new Set([first, second, third].map(({ refreshToken }) => refreshToken)).size).toBe(3);
      const list = await api.request('GET', '/api/auth/sessions', { token: third.accessToken });
      expect(sessionList.parse(await list.json()).total).toBe(1);
    });

    test('a client that missed the answer, or asked twice at once, gets the same token again', async () => {
      const { refreshToken } = await api.register(freshName());
      const answers = await Promise.all(Array.from({ length: 4 }, () => refresh(api, refreshToken)));
      const [one] = answers;
      expect(new Set(answers.map((answer) => answer.refreshToken)).size).toBe(1);
      await refresh(api, one?.refreshToken ?? '');
    });

    test('a token two steps old ends the session, for the thief and for the owner', async () => {
      const first = await api.register(freshName());
      const second = await refresh(api, first.refreshToken);
      const third = await refresh(api, second.refreshToken);
      await expectProblem(await tryRefresh(api, first.refreshToken), 401, 'UNAUTHENTICATED');
      await expectProblem(await tryRefresh(api, third.refreshToken), 401, 'UNAUTHENTICATED');
      const me = await api.request('GET', '/api/users/me', { token: third.accessToken });
      await expectProblem(me, 401, 'UNAUTHENTICATED');
    });

    test('what never was a refresh token ends nothing', async () => {
      const { refreshToken } = await api.register(freshName());
      const guess = `${'A'.repeat(22)}.${'B'.repeat(43)}`;
      for (const wrong of ['x', guess]) await expectProblem(await tryRefresh(api, wrong), 401, 'UNAUTHENTICATED');
      await expectProblem(await tryRefresh(api, ''), 400, 'BAD_MESSAGE', ['refreshToken']);
      await refresh(api, refreshToken);
    });

    test('tells the present name and role', async () => {
      const { refreshToken, accessToken } = await api.register(freshName());
      const displayName = 'Changed';
      await api.request('PATCH', '/api/users/me', { token: accessToken, body: { displayName } });
      expect((await refresh(api, refreshToken)).user.displayName).toBe(displayName);
    });
  });

  test('logout ends the session, and doing it twice is no error', async () => {
    const { refreshToken, accessToken } = await api.register(freshName());
    const logout = (token: string) => api.request('POST', '/api/auth/logout', { body: { refreshToken: token } });
    expect((await logout(refreshToken)).status).toBe(204);
    expect((await logout(refreshToken)).status).toBe(204);
    expect((await logout('nonsense')).status).toBe(204);
    await expectProblem(await tryRefresh(api, refreshToken), 401, 'UNAUTHENTICATED');
    await expectProblem(await api.request('GET', '/api/users/me', { token: accessToken }), 401, 'UNAUTHENTICATED');
  });

  test('are listed with their device, the current one marked, and one can be ended', async () => {
    const name = freshName();
    const first = await api.register(name, { 'user-agent': 'Tester/1 (first)' });
    const second = await api.login(name);
    const response = await api.request('GET', '/api/auth/sessions?per_page=1', { token: second.accessToken });
    expect(response.headers.get('link')).toContain('page=2>; rel="next"');
    const { items, total } = sessionList.parse(await response.json());
    expect([items.length, total]).toEqual([1, 2]);
    const all = await api.request('GET', '/api/auth/sessions', { token: second.accessToken });
    const sessions = sessionList.parse(await all.json()).items;
    const other = sessions.find(({ current }) => !current);
    expect(other).toMatchObject({ userAgent: 'Tester/1 (first)', address: '127.0.0.1' });
    const path = `/api/auth/sessions/${other?.id}`;
    const one = await api.request('GET', path, { token: second.accessToken });
    expect(session.parse(await one.json())).toEqual(other);
    expect((await api.request('DELETE', path, { token: second.accessToken })).status).toBe(204);
    await expectProblem(await api.request('DELETE', path, { token: second.accessToken }), 404, 'NOT_FOUND');
    await expectProblem(await tryRefresh(api, first.refreshToken), 401, 'UNAUTHENTICATED');
    await refresh(api, second.refreshToken);
  });

  test('of others are not there', async () => {
    const [mine, theirs] = [await api.register(freshName()), await api.register(freshName())];
    const list = await api.request('GET', '/api/auth/sessions', { token: theirs.accessToken });
    const [foreign] = sessionList.parse(await list.json()).items;
    const path = `/api/auth/sessions/${foreign?.id}`;
    await expectProblem(await api.request('GET', path, { token: mine.accessToken }), 404, 'NOT_FOUND');
    await expectProblem(await api.request('DELETE', path, { token: mine.accessToken }), 404, 'NOT_FOUND');
    await expectProblem(await api.request('GET', '/api/auth/sessions'), 401, 'UNAUTHENTICATED');
  });

  test('H6 by what cannot be an id are refused', async () => {
    const { accessToken: token } = await api.register(freshName());
    for (const id of ['%00', 'x'.repeat(65)]) {
      for (const method of ['GET', 'DELETE']) {
        const response = await api.request(method, `/api/auth/sessions/${id}`, { token });
        await expectProblem(response, 400, 'BAD_MESSAGE', ['id']);
      }
    }
  });

  test('can all be ended at once', async () => {
    const name = freshName();
    const [first, second] = [await api.register(name), await api.login(name)];
    expect((await api.request('DELETE', '/api/auth/sessions', { token: second.accessToken })).status).toBe(204);
    for (const { refreshToken } of [first, second]) {
      await expectProblem(await tryRefresh(api, refreshToken), 401, 'UNAUTHENTICATED');
    }
  });

  test('one more than allowed ends the one that was unused longest', async () => {
    const name = freshName();
    const sessions = [await api.register(name), await api.login(name), await api.login(name)];
    const [oldest, second] = sessions;
    const kept = await refresh(api, oldest?.refreshToken ?? '');
    const newest = await api.login(name);
    await expectProblem(await tryRefresh(api, second?.refreshToken ?? ''), 401, 'UNAUTHENTICATED');
    await refresh(api, kept.refreshToken);
    await refresh(api, newest.refreshToken);
  });

  test('end with their user', async () => {
    const name = freshName();
    await api.register(freshName());
    const [first, second] = [await api.register(name), await api.login(name)];
    expect((await api.request('DELETE', '/api/users/me', { token: first.accessToken })).status).toBe(204);
    await expectProblem(await tryRefresh(api, second.refreshToken), 401, 'UNAUTHENTICATED');
    const me = await api.request('GET', '/api/users/me', { token: second.accessToken });
    await expectProblem(me, 401, 'UNAUTHENTICATED');
  });
});

describe('sessions that end by themselves', () => {
  test('without grace a token works once', async () => {
    const api = await startUsersApi(await temporaryPlace(), { USERS_REFRESH_GRACE_MS: '0' });
    const { refreshToken } = await api.register('ada');
    const next = await refresh(api, refreshToken);
    await expectProblem(await tryRefresh(api, refreshToken), 401, 'UNAUTHENTICATED');
    await expectProblem(await tryRefresh(api, next.refreshToken), 401, 'UNAUTHENTICATED');
  });

  test('an unused one expires', async () => {
    const api = await startUsersApi(await temporaryPlace(), { USERS_SESSION_IDLE_MS: '0' });
    const { refreshToken } = await api.register('ada');
    await expectProblem(await tryRefresh(api, refreshToken), 401, 'UNAUTHENTICATED');
  });
});

describeEachDatabase('a restart', (databases) => {
  test('keeps users, sessions, keys and remembered answers', async () => {
    const where = await databases.create();
    const before = await startUsersApi(where);
    const headers = { 'idempotency-key': 'once' };
    const { user, accessToken, refreshToken } = await before.register('ada', headers);
    const jwks = await (await before.request('GET', '/.well-known/jwks.json')).json();
    await before.service.close();

    const after = await startUsersApi(where);
    expect(await (await after.request('GET', '/.well-known/jwks.json')).json()).toEqual(jwks);
    expect(await (await after.request('GET', '/api/users/me', { token: accessToken })).json()).toEqual(user);
    expect((await refresh(after, refreshToken)).user).toEqual(user);
    expect((await after.login('ada@EXAMPLE.org')).user).toEqual(user);
    expect((await after.register('ada', headers)).user).toEqual(user);
    expect((await after.register('bob')).user.role).toBe('user');
  });
});
