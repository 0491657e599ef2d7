import { type IncomingMessage, request } from 'node:http';
import { feedPage } from '@parley/common/contracts/event-feed';
import { rooms } from '@parley/common/contracts/room';
import { createdMessage, messagesPage } from '@parley/common/contracts/room-messages';
import { createServiceTokens } from '@parley/common/runtime/service-tokens';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { range } from './client.ts';
import { startChat, type TestChat } from './start-chat.ts';

let chat: TestChat;
beforeAll(async () => {
  chat = await startChat({ CHAT_WS_POSTS_PER_USER: '5', CHAT_WS_MESSAGE_BYTES: '2000' });
});
afterAll(() => chat.close());

type Call = { user?: string; body?: unknown; key?: string; headers?: Record<string, string> };

async function call(method: string, path: string, { user, body, key, headers }: Call = {}) {
  const res = await fetch(`${chat.http}${path}`, {
    method,
    headers: {
      ...(user !== undefined && { authorization: `Bearer ${chat.usersApi.token({ id: `u_${user}`, name: user })}` }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: res.status, headers: res.headers, body: (await res.json()) as Record<string, unknown> };
}

test('public rooms are listed with their members', async () => {
  await chat.guestIn('alpha');
  await chat.guestIn('beta');
  const { status, body, headers } = await call('GET', '/api/rooms?per_page=1');
  expect(status).toBe(200);
  const list = rooms.parse(body);
  expect(list).toMatchObject({ page: 1, perPage: 1, total: 2 });
  expect(list.items).toMatchObject([{ name: 'alpha', visibility: 'public', head: 0, members: 1 }]);
  expect(headers.get('link')).toContain('rel="next"');
  expect((await call('GET', '/api/rooms?page=0')).status).toBe(400);
  expect((await call('PUT', '/api/rooms', { body: {} })).status).toBe(405);
});

test('a server posts, and everybody in the room gets it', async () => {
  const ada = await chat.guestIn('posting');
  const { status, body } = await call('POST', '/api/rooms/posting/messages', {
    user: 'bot',
    body: { text: 'from outside' },
  });
  expect(status).toBe(201);
  expect(createdMessage.parse(body)).toMatchObject({ room: 'posting', seq: 1 });
  expect(await ada.first('message')).toMatchObject({
    from: { id: 'u_bot', name: 'bot' },
    text: 'from outside',
    at: body.at,
  });
});

test('a repeated Idempotency-Key gives the first answer; with other content it is a conflict', async () => {
  const ada = await chat.guestIn('repeated');
  const post = { user: 'bot2', key: 'k1', body: { data: { n: 1 } } };
  const counted = () =>
    Promise.all(
      ['posted', 'duplicate', 'CONFLICT'].map((result) => chat.metric('parley_chat_posts_total', `result="${result}"`)),
    );
  const before = await counted();
  const first = await call('POST', '/api/rooms/repeated/messages', post);
  const again = await call('POST', '/api/rooms/repeated/messages', post);
  expect([again.status, again.body]).toEqual([first.status, first.body]);
  const other = await call('POST', '/api/rooms/repeated/messages', { ...post, body: { data: { n: 2 } } });
  expect([other.status, other.body.code]).toEqual([409, 'CONFLICT']);
  expect((await counted()).map((count, i) => count - (before[i] || 0))).toEqual([1, 1, 1]);
  await ada.ask({ type: 'ping' });
  expect(await ada.seqs('repeated', 1)).toEqual([1]);
});

test('messages are read in parts', async () => {
  const ada = await chat.guestIn('parts');
  for (const n of range(1, 5)) await ada.ask({ type: 'post', room: 'parts', text: `${n}` });
  const part = async (query: string) => {
    const { messages, more } = messagesPage.parse((await call('GET', `/api/rooms/parts/messages${query}`)).body);
    return [messages.map(({ seq }) => seq), more];
  };
  expect(await part('')).toEqual([range(1, 5), false]);
  expect(await part('?limit=2')).toEqual([[4, 5], true]);
  expect(await part('?before=3')).toEqual([[1, 2], false]);
  expect(await part('?after=0&limit=2')).toEqual([[1, 2], true]);
});

test('what is wrong is said by the field', async () => {
  await chat.guestIn('wrong');
  const cases: [number, string, Awaited<ReturnType<typeof call>>][] = [
    [401, 'UNAUTHENTICATED', await call('POST', '/api/rooms/wrong/messages', { body: { text: 'x' } })],
    [404, 'NOT_FOUND', await call('POST', '/api/rooms/nowhere/messages', { user: 'eve', body: { text: 'x' } })],
    [404, 'NOT_FOUND', await call('GET', '/api/rooms/nowhere/messages')],
    [400, 'BAD_MESSAGE', await call('POST', '/api/rooms/wrong/messages', { user: 'eve', body: {} })],
    [400, 'BAD_MESSAGE', await call('POST', '/api/rooms/wrong/messages', { user: 'eve', body: { text: 'a\0b' } })],
    [400, 'BAD_MESSAGE', await call('POST', '/api/rooms/Wrong/messages', { user: 'eve', body: { text: 'x' } })],
    [400, 'BAD_MESSAGE', await call('GET', '/api/rooms/wrong/messages?before=1&after=1')],
    [
      400,
      'BAD_MESSAGE',
      await call('POST', '/api/rooms/wrong/messages', { user: 'eve', key: 'k'.repeat(200), body: { text: 'x' } }),
    ],
  ];
  const large = { user: 'eve', body: { text: 'x'.repeat(2_000) } };
  cases.push([413, 'TOO_LARGE', await call('POST', '/api/rooms/wrong/messages', large)]);
  for (const [status, code, answer] of cases) expect(answer).toMatchObject({ status, body: { code } });
});

test('W9 a user posts so often and no more', async () => {
  await chat.guestIn('often');
  const post = { user: 'often', body: { text: 'x' } };
  const answers = [];
  for (const _ of range(1, 6)) answers.push(await call('POST', '/api/rooms/often/messages', post));
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 429]);
  expect(answers[5]?.headers.get('retry-after')).toMatch(/^[12]$/);
});

test('a client that offers another protocol is answered in HTTP/1.1', async () => {
  const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' };
  const answered = Promise.withResolvers<IncomingMessage>();
  request(`${chat.http}/healthz`, { headers }, answered.resolve).on('error', answered.reject).end();
  const answer = await answered.promise;
  answer.resume();
  expect(answer.statusCode).toBe(200);
});

test('a page beyond every list is refused', async () => {
  expect((await call('GET', '/api/rooms?page=9e15')).body).toMatchObject({ status: 400, code: 'BAD_MESSAGE' });
});

test('every committed message is an event, for services only', async () => {
  const ada = await chat.guestIn('events');
  const posted = await ada.ask<'posted'>({ type: 'post', room: 'events', text: 'seen' });
  const token = await createServiceTokens(chat.keys, 'api-client-worker').sign('chat-ws');
  const authorization = `Bearer ${token}`;
  const { body } = await call('GET', '/internal/events?limit=1000', { headers: { authorization } });
  const { events } = feedPage.parse(body);
  expect(events.filter(({ data }) => 'room' in data && data.room === 'events')).toMatchObject([
    { type: 'room.created' },
    { type: 'message.posted', data: { room: 'events', seq: 1, epoch: posted.epoch, text: 'seen', at: posted.at } },
  ]);
  expect((await call('GET', '/internal/events')).status).toBe(401);
});

test('health, readiness and figures', async () => {
  expect(await call('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok', service: 'chat-ws' } });
  expect(await call('GET', '/readyz')).toMatchObject({ status: 200 });
  const ada = await chat.guestIn('figures');
  await ada.ask({ type: 'post', room: 'figures', text: 'x' });
  await ada.seqs('figures', 1);
  expect(await chat.metric('parley_chat_connections')).toBeGreaterThan(0);
  expect(await chat.metric('parley_chat_rooms')).toBeGreaterThan(0);
  expect(await chat.metric('parley_chat_deliveries_total')).toBeGreaterThan(0);
});
