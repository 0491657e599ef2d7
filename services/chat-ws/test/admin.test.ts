import { chatSessions } from '@parley/common/contracts/chat-session';
import { chatSubscribers } from '@parley/common/contracts/chat-subscriber';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { patience, range } from './client.ts';
import { TestGateway } from './gateway.ts';
import { startChat, type TestChat } from './start-chat.ts';

let chat: TestChat;
beforeAll(async () => {
  chat = await startChat({ CHAT_WS_POSTS: '1000000', CHAT_WS_BEHIND_BYTES: '65536' });
});
afterAll(() => chat.close());

function call(method: string, path: string, role?: 'admin' | 'user'): Promise<Response> {
  const headers = role === undefined ? {} : { authorization: `Bearer ${chat.usersApi.token({ role })}` };
  return fetch(`${chat.http}/api/admin/${path}`, { method, headers });
}

const subscribers = async (query: string) =>
  chatSubscribers.parse(await (await call('GET', `subscribers?${query}`, 'admin')).json());
const sessions = async (query = '') =>
  chatSessions.parse(await (await call('GET', `sessions?${query}`, 'admin')).json());

test('W11 admins see who lags how far, the furthest first, and figures how many do', async () => {
  const [ada, slow] = await Promise.all([chat.guestIn('lag', 'ada'), chat.guestIn('lag', 'slow')]);
  const gateway = await TestGateway.open(chat);
  await gateway.guestIn(1, 'lag');
  gateway.send({ t: 'watch', room: 'lag' });
  await gateway.waitFor('watching');
  slow.ws.pause();
  const text = 'x'.repeat(30_000);
  await vi.waitFor(
    async () => {
      for (const _ of range(1, 20)) await ada.ask({ type: 'post', room: 'lag', text });
      expect((await subscribers('minLag=20')).total).toBe(1);
    },
    { ...patience, timeout: 60_000 },
  );
  const { items, total } = await subscribers('room=lag');
  expect(total).toBe(3);
  const [first, ...others] = items;
  expect(first).toMatchObject({ room: 'lag', format: 'json', state: 'behind', address: '127.0.0.1' });
  expect(first?.user?.name).toMatch(/^guest-slow-/);
  expect(first?.lag).toBe((first?.head ?? 0) - (first?.next ?? 0) + 1);
  expect(first?.unsentBytes).toBeGreaterThan(65_536);
  expect(others.map(({ state, lag }) => ({ state, lag }))).toEqual(Array(2).fill({ state: 'live', lag: 0 }));
  const behindLink = others.find(({ format }) => format === 'link');
  expect(behindLink).toMatchObject({ address: '192.0.2.1', next: (first?.head ?? 0) + 1 });
  expect((await subscribers('room=other')).total).toBe(0);
  const bucket = (le: string) => chat.metric('parley_chat_subscriber_lag_entries_bucket', `le="${le}"`);
  expect([await bucket('0'), await bucket('10'), await bucket('100000')]).toEqual([2, 2, 3]);

  slow.ws.resume();
  await vi.waitFor(async () => expect((await subscribers('minLag=1')).total).toBe(0), { ...patience, timeout: 60_000 });
  expect(await bucket('0')).toBe(3);
  gateway.ws.terminate();
}, 120_000);

test('admins see who is connected, and end a session with 1008', async () => {
  const token = chat.usersApi.token({ id: 'u_eve', name: 'eve' });
  const eve = await chat.client();
  await eve.ask({ type: 'auth', token });
  await eve.ask({ type: 'join', room: 'busy' });
  const { items, total } = await sessions('user=u_eve');
  expect(total).toBe(1);
  expect(items[0]).toMatchObject({ user: { id: 'u_eve', name: 'eve', guest: false }, rooms: 1, format: 'json' });
  const page = await sessions('per_page=1&page=2');
  expect(page.items).toHaveLength(1);
  expect(page.total).toBeGreaterThan(1);
  const path = `sessions/${items[0]?.id}`;
  expect((await call('DELETE', path, 'user')).status).toBe(403);
  expect((await call('DELETE', path, 'admin')).status).toBe(204);
  expect(await eve.closed).toEqual({ code: 1008, reason: 'ended by an administrator' });
  await vi.waitFor(async () => expect((await sessions('user=u_eve')).total).toBe(0), patience);
  for (const id of [items[0]?.id, 'nonsense', 'other.1'])
    expect((await call('DELETE', `sessions/${id}`, 'admin')).status).toBe(404);
});

test('nobody else sees any of it', async () => {
  for (const path of ['subscribers', 'sessions']) {
    expect((await call('GET', path)).status).toBe(401);
    expect((await call('GET', path, 'user')).status).toBe(403);
    expect((await call('POST', path, 'admin')).status).toBe(405);
  }
  expect((await call('GET', 'subscribers?page=101', 'admin')).status).toBe(400);
});
