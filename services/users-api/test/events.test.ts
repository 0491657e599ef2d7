import { type FeedPage, feedGone, feedPage, feedPath } from '@parley/common/contracts/event-feed';
import { createKeyRing } from '@parley/common/runtime/key-ring';
import { createServiceTokens } from '@parley/common/runtime/service-tokens';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { expect, test, vi } from 'vitest';
import { expectProblem, registration, startUsersApi, type TestApi, temporaryPlace } from './start-users-api.ts';

const SECRET = 's'.repeat(32);
const ENV = { PARLEY_SERVICE_SECRET: SECRET };

const worker = createServiceTokens(createKeyRing([SECRET]), 'api-client-worker');

async function getFeed(api: TestApi, query: Record<string, string> = {}): Promise<Response> {
  const token = await worker.sign('users-api');
  return api.request('GET', `${feedPath}?${new URLSearchParams(query)}`, { token });
}

async function readFeed(api: TestApi, query: Record<string, string> = {}): Promise<FeedPage> {
  const response = await getFeed(api, query);
  expect(response.status).toBe(200);
  return feedPage.parse(await response.json());
}

/** Follows the feed from its beginning until it gave so many events. */
async function follow(api: TestApi, count: number) {
  const events: FeedPage['events'] = [];
  for (let after: string | undefined; events.length < count; ) {
    const page: FeedPage = await readFeed(api, { wait: '10', limit: '3', ...(after && { after }) });
    expect(page.events.length).toBeGreaterThan(0);
    events.push(...page.events);
    after = page.cursor;
  }
  return events;
}

describeEachDatabase('the event feed', (databases) => {
  test('tells of every change as soon as it is made, in order, with what everybody may see', async () => {
    const api = await startUsersApi(await databases.create(), ENV);
    const { cursor } = await readFeed(api, { after: 'now' });
    const waiting = readFeed(api, { after: cursor, wait: '30' });
    const { user: root, accessToken: token } = await api.register('root');
    expect((await waiting).events).toHaveLength(1);
    const { user: ada } = await api.register('ada');
    const patch = (displayName: string) =>
      api.request('PATCH', `/api/users/${ada.id}`, { token, body: { displayName } });
    await patch('Ada');
    await patch('Ada');
    await patch('Ada L.');
    await api.request('POST', '/api/auth/register', { body: registration('ada') });
    await api.request('DELETE', `/api/users/${ada.id}`, { token });

    const events = await follow(api, 5);
    const { email, ...shown } = ada;
    expect(events.map(({ id, type }) => [type, id])).toEqual([
      ['user.created', `user~created:${root.id}`],
      ['user.created', `user~created:${ada.id}`],
      ['user.updated', `user~updated:${ada.id}:2`],
      ['user.updated', `user~updated:${ada.id}:3`],
      ['user.deleted', `user~deleted:${ada.id}`],
    ]);
    expect(events[1]?.data).toEqual(shown);
    expect(events[1]?.at).toBe(ada.createdAt);
    expect(events[3]?.data).toMatchObject({ displayName: 'Ada L.' });
    expect(events[4]?.data).toEqual({ id: ada.id, username: 'ada' });
    expect(JSON.stringify(events)).not.toContain(email);
  });

  test('is complete while many register at once, and goes on after a restart', async () => {
    const where = await databases.create();
    const before = await startUsersApi(where, ENV);
    const names = Array.from({ length: 4 }, (_, i) => `user${i}`);
    const answers = await Promise.all(names.map((name) => before.register(name)));
    const events = await follow(before, names.length);
    expect(events.map(({ id }) => id).sort()).toEqual(answers.map(({ user: { id } }) => `user~created:${id}`).sort());
    const { cursor } = await readFeed(before, { after: 'now' });
    await before.service.close();

    const after = await startUsersApi(where, ENV);
    const { user } = await after.register('late');
    const page = await readFeed(after, { after: cursor, wait: '10' });
    expect(page.events.map(({ id }) => id)).toEqual([`user~created:${user.id}`]);
  });
});

test('what is older than it is kept is GONE, with the cursor to go on from', async () => {
  const api = await startUsersApi(await temporaryPlace(), {
    ...ENV,
    USERS_FEED_RETENTION_MS: '0',
    USERS_SWEEP_MS: '20',
  });
  const { cursor } = await readFeed(api, { after: 'now' });
  await api.register('ada');
  const response = await vi.waitFor(
    async () => {
      const gone = await getFeed(api, { after: cursor });
      expect(gone.status).toBe(410);
      return gone;
    },
    { timeout: 10_000 },
  );
  const { oldest } = feedGone.parse(await response.json());
  expect((await readFeed(api, { after: oldest })).events).toEqual([]);
});

test('H9 the feed is for other services only', async () => {
  const api = await startUsersApi(await temporaryPlace(), ENV);
  const { accessToken } = await api.register('ada');
  const strangers = createServiceTokens(createKeyRing(['x'.repeat(32)]), 'api-client-worker');
  for (const token of [undefined, accessToken, await worker.sign('chat-ws'), await strangers.sign('users-api')]) {
    await expectProblem(await api.request('GET', feedPath, { token }), 401, 'UNAUTHENTICATED');
  }
  await expectProblem(await getFeed(api, { after: 'nonsense' }), 400, 'BAD_MESSAGE');
  await expectProblem(await getFeed(api, { limit: '0', wait: '-1' }), 400, 'BAD_MESSAGE', ['limit', 'wait']);
});
