import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { patience } from './client.ts';
import { LineClient } from './line-client.ts';
import { startChat, type TestChat } from './start-chat.ts';

let chat: TestChat;
beforeAll(async () => {
  chat = await startChat({ CHAT_WS_CONNECTIONS_PER_USER: '3' });
});
afterAll(() => chat.close());

test('W10 a token as first message', async () => {
  const client = await chat.client();
  const token = chat.usersApi.token({ id: 'u_1', name: 'ada' });
  expect(await client.ask<'auth_success'>({ type: 'auth', token })).toEqual({
    type: 'auth_success',
    re: 'ask-1',
    user: { id: 'u_1', name: 'ada', guest: false },
    ticket: expect.any(String),
    heartbeatMs: 25_000,
    limits: { messageBytes: 65_536, posts: 40, postsWindowMs: 2_000, rooms: 100 },
  });
});

test('W10 a token on the upgrade request is answered at once', async () => {
  const client = await chat.client({ headers: { authorization: `Bearer ${chat.usersApi.token({ name: 'ben' })}` } });
  expect(await client.first('auth_success')).toMatchObject({ user: { name: 'ben' } });
});

test.each([
  ['expired', () => chat.usersApi.token({ expiresIn: -60 })],
  ["another issuer's", () => chat.usersApi.token({ issuer: 'somebody' })],
  ['no token at all', () => 'nonsense'],
  ['changed', () => chat.usersApi.token().replace(/.{5}$/, 'AAAAA')],
])('W10 a token that is %s: auth_failed and close 4401', async (_what, token) => {
  const client = await chat.client();
  expect(await client.ask<'auth_failed'>({ type: 'auth', token: token() })).toMatchObject({
    type: 'auth_failed',
    code: 'UNAUTHENTICATED',
  });
  expect((await client.closed).code).toBe(4401);
});

test('W10 a bad token on the upgrade request: auth_failed and close 4401', async () => {
  const client = await chat.client({ headers: { authorization: 'Bearer nonsense' } });
  expect(await client.first('auth_failed')).toMatchObject({ code: 'UNAUTHENTICATED' });
  expect((await client.closed).code).toBe(4401);
});

test('nothing but auth and ping goes before it is known who it is', async () => {
  const client = await chat.client();
  expect(await client.ask<'error'>({ type: 'join', room: 'lobby' })).toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(await client.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  expect(await client.ask({ type: 'auth', guest: 'late' })).toMatchObject({ type: 'auth_success' });
});

test('while the keys cannot be had it is UNAVAILABLE, never 4401, and it works once they can', async () => {
  const other = await startChat();
  try {
    other.usersApi.state.isAway = true;
    const token = other.usersApi.token();
    const client = await other.client();
    const byHeader = await other.client({ headers: { authorization: `Bearer ${token}` } });
    expect(await client.ask<'error'>({ type: 'auth', token })).toMatchObject({
      type: 'error',
      code: 'UNAVAILABLE',
      retryAfterMs: expect.any(Number),
    });
    expect(await byHeader.first('error')).toMatchObject({ code: 'UNAVAILABLE' });
    expect((await fetch(`${other.http}/api/rooms`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(
      503,
    );
    other.usersApi.state.isAway = false;
    for (const each of [client, byHeader]) {
      await vi.waitFor(async () => {
        expect(await each.ask({ type: 'auth', token })).toMatchObject({ type: 'auth_success' });
      }, patience);
    }
  } finally {
    await other.close();
  }
});

test('a ticket resumes: same user, on a new connection, and the older one ends', async () => {
  const ada = await chat.client();
  const { ticket, user } = await ada.ask<'auth_success'>({ type: 'auth', guest: 'Ada' });
  await ada.ask({ type: 'join', room: 'tickets' });
  const again = await chat.client();
  expect(await again.ask<'auth_success'>({ type: 'auth', ticket })).toMatchObject({ user });
  expect((await ada.closed).code).toBe(1000);
  // The others are not told that it was away, if it joins again soon; until then nothing of the room comes to it.
  expect(await again.ask<'members'>({ type: 'members', room: 'tickets' })).toMatchObject({ total: 1 });
  expect(await again.ask({ type: 'leave', room: 'tickets' })).toMatchObject({ code: 'NOT_JOINED' });
  const bad = await chat.client();
  expect(await bad.ask({ type: 'auth', ticket: `${ticket}x` })).toMatchObject({ type: 'auth_failed' });
});

test('refresh takes over a newer token of the same user, and of nobody else', async () => {
  const client = await chat.client();
  const id = 'u_refresh';
  await client.ask({ type: 'auth', token: chat.usersApi.token({ id, expiresIn: 60 }) });
  const refreshed = await client.ask<'refreshed'>({
    type: 'refresh',
    token: chat.usersApi.token({ id, expiresIn: 600 }),
  });
  expect(Date.parse(refreshed.expiresAt)).toBeGreaterThan(Date.now() + 500_000);
  await client.first('ticket');
  const foreign = chat.usersApi.token({ id: 'u_other' });
  expect(await client.ask<'error'>({ type: 'refresh', token: foreign })).toMatchObject({ code: 'FORBIDDEN' });
  expect(await client.ask<'error'>({ type: 'auth', token: foreign })).toMatchObject({ code: 'CONFLICT' });
  expect(await client.ask<'error'>({ type: 'refresh', token: 'nonsense' })).toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(await client.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
});

test('a connection whose token has ended is closed with 4401', async () => {
  const other = await startChat({ CHAT_WS_PING_MS: '100' });
  try {
    const client = await other.client();
    // The verifier is lenient by 5 s; the connection is not.
    await client.ask({ type: 'auth', token: other.usersApi.token({ expiresIn: 1 }) });
    expect(await client.closed).toEqual({ code: 4401, reason: 'token expired' });
  } finally {
    await other.close();
  }
});

test('who shows a newer token stays beyond the end of the first, by refresh, auth and AUTH, and so does the ticket', async () => {
  const other = await startChat({ CHAT_WS_PING_MS: '100' });
  try {
    const token = (id: string, expiresIn: number) => other.usersApi.token({ id, expiresIn });
    const [json, twice] = [await other.client(), await other.client()];
    const lines = await LineClient.open(other);
    const expiring = await other.client();
    await json.ask({ type: 'auth', token: token('u_json', 2) });
    await twice.ask({ type: 'auth', token: token('u_twice', 2) });
    await lines.ask(`AUTH ${token('u_text', 2)}`);
    expect(await json.ask({ type: 'refresh', token: token('u_json', 600) })).toMatchObject({ type: 'refreshed' });
    const again = await twice.ask({ type: 'auth', token: token('u_twice', 600) });
    expect(again).toMatchObject({ type: 'auth_success' });
    expect(await lines.ask(`AUTH ${token('u_text', 600)}`)).toMatch(/^AUTH_SUCCESS /);
    const { ticket } = await json.first('ticket');
    // One that does not shows when the first tokens' time has come: the others are looked at before it.
    await expiring.ask({ type: 'auth', token: token('u_old', 2) });
    expect(await expiring.closed).toEqual({ code: 4401, reason: 'token expired' });
    for (const client of [json, twice]) {
      expect(await client.ask({ type: 'join', room: 'later' })).toMatchObject({ type: 'joined' });
    }
    expect(await lines.ask('JOIN later')).toMatch(/^JOINED later /);
    const resumed = await other.client();
    expect(await resumed.ask({ type: 'auth', ticket })).toMatchObject({ type: 'auth_success', user: { id: 'u_json' } });
  } finally {
    await other.close();
  }
});

test('a user has so many connections and no more', async () => {
  const token = chat.usersApi.token({ id: 'u_many' });
  const clients = await Promise.all([1, 2, 3].map(() => chat.client()));
  for (const client of clients) await client.ask({ type: 'auth', token });
  const fourth = await chat.client();
  expect(await fourth.ask({ type: 'auth', token })).toMatchObject({ type: 'auth_failed', code: 'LIMIT_REACHED' });
  expect((await fourth.closed).code).toBe(1008);
  await clients[0]?.close();
  await vi.waitFor(async () => {
    const fifth = await chat.client();
    expect(await fifth.ask({ type: 'auth', token })).toMatchObject({ type: 'auth_success' });
  }, patience);
});

test('where guests are not let in, they are told so', async () => {
  const other = await startChat({ PARLEY_GUESTS: 'off', PARLEY_ROOM_CREATE: 'nobody' });
  try {
    const guest = await other.client();
    expect(await guest.ask({ type: 'auth', guest: 'ada' })).toMatchObject({ type: 'auth_failed', code: 'FORBIDDEN' });
    expect((await guest.closed).code).toBe(4401);
    const user = await other.client();
    await user.ask({ type: 'auth', token: other.usersApi.token() });
    expect(await user.ask<'error'>({ type: 'join', room: 'new' })).toMatchObject({ code: 'NOT_FOUND' });
    expect((await fetch(`${other.http}/api/rooms`)).status).toBe(401);
  } finally {
    await other.close();
  }
});

test('tickets are pushed while the connection lasts', async () => {
  const other = await startChat({ CHAT_WS_TICKET_EVERY_MS: '40' });
  try {
    const client = await other.client();
    const { user } = await client.ask<'auth_success'>({ type: 'auth', guest: 'ada' });
    const { ticket } = await client.first('ticket');
    const again = await other.client();
    expect(await again.ask<'auth_success'>({ type: 'auth', ticket })).toMatchObject({ user });
  } finally {
    await other.close();
  }
});
