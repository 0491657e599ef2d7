import { afterAll, beforeAll, expect, test } from 'vitest';
import { range, type TestClient } from './client.ts';
import { TestGateway } from './gateway.ts';
import { startChat, type TestChat } from './start-chat.ts';

let chat: TestChat;
beforeAll(async () => {
  chat = await startChat({
    CHAT_WS_POSTS: '20',
    CHAT_WS_POSTS_PER_USER: '6',
    CHAT_WS_POSTS_PER_ADDRESS: '10',
    // Longer than any of the tests: what was counted at its beginning still counts at its end.
    CHAT_WS_POSTS_WINDOW_MS: '120000',
    CHAT_WS_COMMANDS: '30',
    CHAT_WS_RATE_STRIKES: '10',
    PARLEY_TRUSTED_PROXIES: '127.0.0.1',
  });
});
afterAll(() => chat.close());

const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
const post = { type: 'post', room: 'lobby', text: 'x' } as const;

async function userFrom(address: string, id: string): Promise<TestClient> {
  const client = await chat.client(from(address));
  await client.ask({ type: 'auth', token: chat.usersApi.token({ id, name: id }) });
  await client.ask({ type: 'join', room: 'lobby' });
  return client;
}

function postByRest(address: string, id: string): Promise<Response> {
  return fetch(`${chat.http}/api/rooms/lobby/messages`, {
    method: 'POST',
    headers: {
      'x-forwarded-for': address,
      authorization: `Bearer ${chat.usersApi.token({ id, name: id })}`,
      'content-type': 'application/json',
    },
    body: '{"text":"x"}',
  });
}

test('W9 a user posts so often, over all connections, a link and REST together', async () => {
  const [one, two] = await Promise.all([userFrom('192.0.2.1', 'ada'), userFrom('192.0.2.2', 'ada')]);
  const gateway = await TestGateway.open(chat);
  gateway.send({ t: 'open', s: 1, address: '192.0.2.3' });
  await gateway.ask(1, { type: 'auth', token: chat.usersApi.token({ id: 'ada', name: 'ada' }) });
  const answers = [];
  for (const _ of range(1, 2)) answers.push(await one.ask(post), await two.ask(post), await gateway.ask(1, post));
  expect(answers.map(({ type }) => type)).toEqual(Array(6).fill('posted'));
  for (const refused of [await one.ask(post), await two.ask(post), await gateway.ask(1, post)])
    expect(refused).toMatchObject({ type: 'error', code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) });
  const rest = await postByRest('192.0.2.4', 'ada');
  expect(rest.status).toBe(429);
  expect(Number(rest.headers.get('retry-after'))).toBeGreaterThan(0);
  const ben = await userFrom('192.0.2.1', 'ben');
  expect(await ben.ask(post)).toMatchObject({ type: 'posted' });
  expect(await chat.metric('parley_chat_limited_total', 'limit="posts_user"')).toBe(4);
  gateway.ws.terminate();
});

test('W9 an address posts so often, whoever it is and whichever way it comes; a gateway is not the address of its clients', async () => {
  const users = await Promise.all(['eve', 'joe'].map((id) => userFrom('198.51.100.1', id)));
  for (const user of users) for (const _ of range(1, 4)) expect(await user.ask(post)).toMatchObject({ type: 'posted' });
  const gateway = await TestGateway.open(chat);
  for (const [s, address] of [
    [1, '198.51.100.1'],
    [2, '198.51.100.2'],
  ] as const) {
    gateway.send({ t: 'open', s, address });
    await gateway.ask(s, { type: 'auth', guest: 'guest' });
  }
  expect(await gateway.ask(1, post)).toMatchObject({ type: 'posted' });
  expect((await postByRest('198.51.100.1', 'rest')).status).toBe(201);
  expect(await gateway.ask(1, post)).toMatchObject({ code: 'RATE_LIMITED' });
  expect((await postByRest('198.51.100.1', 'rest')).status).toBe(429);
  expect(await users[0]?.ask(post)).toMatchObject({ code: 'RATE_LIMITED' });
  expect(await gateway.ask(2, post)).toMatchObject({ type: 'posted' });
  expect(await chat.metric('parley_chat_limited_total', 'limit="posts_address"')).toBe(3);
  gateway.ws.terminate();
});

test('W9 other commands have a budget of their own; who ignores that is closed with 4429', async () => {
  const [bad, good] = await Promise.all([userFrom('203.0.113.1', 'bad'), userFrom('203.0.113.2', 'good')]);
  // auth and join were two.
  const answers = await Promise.all(range(1, 29).map(() => bad.ask({ type: 'members', room: 'lobby' })));
  expect(answers.map(({ type }) => type)).toEqual([...Array(28).fill('members'), 'error']);
  expect(answers.at(-1)).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) });
  expect(await bad.ask(post)).toMatchObject({ type: 'posted' });
  for (const _ of range(1, 12)) bad.send({ type: 'ping' });
  expect(await bad.closed).toEqual({ code: 4429, reason: 'rate limit ignored' });
  expect(await good.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  expect(await chat.metric('parley_chat_limited_total', 'limit="rate_ignored"')).toBe(1);
});

test('W9 what says nothing and is not answered counts as well', async () => {
  const bad = await userFrom('203.0.113.3', 'silent');
  for (const _ of range(1, 50)) bad.send({ type: 'pong' });
  expect(await bad.closed).toEqual({ code: 4429, reason: 'rate limit ignored' });
});
