import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { patience, range, TestClient } from './client.ts';
import { startChat, type TestChat } from './start-chat.ts';

let chat: TestChat;
beforeAll(async () => {
  chat = await startChat({
    CHAT_WS_AUTH_MS: '300',
    CHAT_WS_POSTS: '5',
    CHAT_WS_POSTS_WINDOW_MS: '400',
    CHAT_WS_RATE_STRIKES: '10',
    CHAT_WS_BAD_MESSAGES: '4',
    CHAT_WS_MESSAGE_BYTES: '1000',
    CHAT_WS_ROOMS_PER_CONNECTION: '2',
    CHAT_WS_ROOMS_PER_USER: '2',
  });
});
afterAll(() => chat.close());

type Handshake = { headers?: Record<string, string>; protocol?: string };

/** The answer to a handshake that is refused. */
async function refused(url: string, options: Handshake = {}): Promise<IncomingMessage> {
  const client = new TestClient(url, options);
  const [, res] = await once(client.ws, 'unexpected-response');
  client.ws.terminate();
  return res;
}

const refusal = async (url: string, options?: Handshake) => (await refused(url, options)).statusCode;

test('W9 more posts than allowed in the window are refused with the time to wait', async () => {
  const ada = await chat.guestIn('rate');
  const answers = await Promise.all(range(1, 7).map((n) => ada.ask({ type: 'post', room: 'rate', text: `${n}` })));
  expect(answers.map(({ type }) => type)).toEqual([...Array(5).fill('posted'), 'error', 'error']);
  const refused = answers[5];
  expect(refused).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) });
  const waitMs = refused?.type === 'error' ? (refused.retryAfterMs ?? 0) : 0;
  expect(waitMs).toBeLessThanOrEqual(400);
  await vi.waitFor(
    async () => {
      expect(await ada.ask({ type: 'post', room: 'rate', text: 'later' })).toMatchObject({ type: 'posted', seq: 6 });
    },
    { ...patience, interval: 100 },
  );
});

test('W9 who ignores the rate limit is closed with 4429, and nobody else', async () => {
  const [bad, good] = await Promise.all([chat.guestIn('flood'), chat.guestIn('flood')]);
  for (const n of range(1, 30)) bad.send({ type: 'post', room: 'flood', text: `${n}` });
  expect((await bad.closed).code).toBe(4429);
  expect(await good.ask({ type: 'post', room: 'flood', text: 'calm' })).toMatchObject({ type: 'posted' });
});

test('W5 malformed messages are answered with what is wrong, by the id when there is one', async () => {
  const ada = await chat.guest('ada');
  ada.send('{"type":');
  expect(await ada.first('error')).toMatchObject({ type: 'error', code: 'BAD_MESSAGE' });
  expect(await ada.ask<'error'>({ type: 'join', room: 'No Room' })).toMatchObject({
    code: 'BAD_MESSAGE',
    message: expect.stringContaining('room'),
  });
  expect(await ada.ask<'error'>({ type: 'shout', room: 'lobby', text: 'x' })).toMatchObject({
    code: 'UNKNOWN_TYPE',
  });
});

test('W8 too many bad messages: close 4400 with a reason', async () => {
  const ada = await chat.guest('ada');
  for (const _ of range(1, 5)) ada.send('nonsense');
  expect(await ada.closed).toEqual({ code: 4400, reason: 'too many bad messages' });
  expect(ada.all('error')).toHaveLength(5);
});

test('a message that is too large is TOO_LARGE; one that is far too large closes the connection with 1009', async () => {
  const ada = await chat.guestIn('large');
  ada.send({ type: 'post', room: 'large', text: 'x'.repeat(1_000) });
  expect(await ada.first('error')).toMatchObject({ code: 'TOO_LARGE' });
  expect(await ada.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  ada.send({ type: 'post', room: 'large', text: 'x'.repeat(2_000) });
  expect((await ada.closed).code).toBe(1009);
});

test('binary messages are not spoken in the JSON subprotocol', async () => {
  const ada = await chat.guest('ada');
  ada.send(Buffer.from('{"type":"ping"}'));
  expect(await ada.first('error')).toMatchObject({ code: 'BAD_MESSAGE' });
});

test('a text message that is not UTF-8 closes that connection with 1007', async () => {
  const [ada, ben] = await Promise.all([chat.guest('ada'), chat.guest('ben')]);
  ada.ws.send(Buffer.from([0xc3, 0x28]), { binary: false });
  expect((await ada.closed).code).toBe(1007);
  expect(await ben.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
});

test('no auth in time: close 4401', async () => {
  const client = await chat.client();
  expect(await client.closed).toEqual({ code: 4401, reason: 'no auth in time' });
});

test('a connection joins so many rooms and no more, a user creates so many and no more', async () => {
  const ada = await chat.guest('ada');
  for (const room of ['one', 'two']) await ada.ask({ type: 'join', room });
  expect(await ada.ask<'error'>({ type: 'join', room: 'three' })).toMatchObject({ code: 'LIMIT_REACHED' });
  await ada.ask({ type: 'leave', room: 'one' });
  expect(await ada.ask<'error'>({ type: 'join', room: 'three' })).toMatchObject({ code: 'LIMIT_REACHED' });
  expect(await ada.ask({ type: 'join', room: 'one' })).toMatchObject({ type: 'joined' });
});

test('only the subprotocol that is spoken is agreed to', async () => {
  const json = await chat.client({ protocol: 'parley.json.v1' });
  expect(json.ws.protocol).toBe('parley.json.v1');
  const none = await chat.client();
  expect(none.ws.protocol).toBe('');
  const other = new TestClient(chat.ws, { protocol: 'parley.other.v1' });
  const [err] = await once(other.ws, 'error');
  expect(String(err)).toContain('no subprotocol');
});

test('other paths have no WebSocket; links need a service token; pages of other origins are refused', async () => {
  expect(await refusal(`${chat.http.replace('http', 'ws')}/other`)).toBe(404);
  expect(await refusal(chat.link)).toBe(401);
  expect(await refusal(chat.link, { headers: { authorization: `Bearer ${chat.usersApi.token()}` } })).toBe(401);
  expect(await refusal(chat.ws, { headers: { origin: 'https://evil.example' } })).toBe(403);
  const page = await chat.client({ headers: { origin: chat.usersApi.url } });
  expect(await page.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
});

test('so many connections per address, and in all', async () => {
  const other = await startChat({
    CHAT_WS_CONNECTIONS_PER_ADDRESS: '2',
    CHAT_WS_CONNECTIONS: '3',
    PARLEY_TRUSTED_PROXIES: '127.0.0.1',
  });
  try {
    const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
    const first = await other.client(from('192.0.2.1'));
    await other.client(from('192.0.2.1'));
    const retryAfter = { 'retry-after': expect.stringMatching(/^[1-9]\d*$/) };
    const tooMany = await refused(other.ws, from('192.0.2.1'));
    expect(tooMany).toMatchObject({ statusCode: 429, headers: retryAfter });
    await other.client(from('192.0.2.2'));
    expect(await refused(other.ws, from('192.0.2.3'))).toMatchObject({ statusCode: 503, headers: retryAfter });
    await first.close();
    await vi.waitFor(() => other.client(from('192.0.2.3')), patience);
  } finally {
    await other.close();
  }
});

test('limits hold for pages that come at once, while it is being found out where they may come from', async () => {
  const other = await startChat({ CHAT_WS_CONNECTIONS_PER_ADDRESS: '2', USERS_API_URL: '' });
  try {
    const page = { headers: { origin: 'http://127.0.0.1:8080' } };
    const outcomes = await Promise.all(
      range(1, 4).map(async () => {
        const { ws } = new TestClient(other.ws, page);
        const opened = once(ws, 'open').then(() => 'open');
        const status = await Promise.race([opened, once(ws, 'unexpected-response').then(([, res]) => res.statusCode)]);
        return { ws, status };
      }),
    );
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual([429, 429, 'open', 'open']);
    for (const { ws } of outcomes) ws.terminate();
  } finally {
    await other.close();
  }
});

test('each limit that is met is counted', async () => {
  const silent = await chat.client();
  const ada = await chat.guestIn('counted');
  ada.send({ type: 'post', room: 'counted', text: 'x'.repeat(1_000) });
  for (const room of ['one', 'two']) await ada.ask({ type: 'join', room });
  for (const n of range(1, 6)) await ada.ask({ type: 'post', room: 'counted', text: `${n}` });
  for (const _ of range(1, 5)) ada.send('nonsense');
  await Promise.all([ada.closed, silent.closed, refusal(chat.ws, { headers: { origin: 'https://evil.example' } })]);
  for (const limit of ['auth_time', 'message_bytes', 'rooms', 'posts_connection', 'bad_messages', 'origin'])
    expect(await chat.metric('parley_chat_limited_total', `limit="${limit}"`), limit).toBeGreaterThan(0);
});

test('half a handshake, and bytes that are none, harm nobody', async () => {
  const ada = await chat.guestIn('calm');
  const { port } = new URL(chat.http);
  const half = connect(Number(port), '127.0.0.1');
  half.write('GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-');
  const bytes = connect(Number(port), '127.0.0.1');
  bytes.write(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 255, 254]));
  await once(bytes.resume(), 'close');
  const reset = connect(Number(port), '127.0.0.1');
  await once(reset, 'connect');
  reset.write('GET /ws HTTP/1.1\r\n');
  reset.resetAndDestroy();
  expect(await ada.ask({ type: 'post', room: 'calm', text: 'still here' })).toMatchObject({ type: 'posted' });
  half.destroy();
});
