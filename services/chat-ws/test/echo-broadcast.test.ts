import { once } from 'node:events';
import { parseSettings } from '@parley/common/runtime/settings';
import { expect, onTestFinished, test, vi } from 'vitest';
import { chatWsSettings } from '../src/settings.ts';
import { patience, range } from './client.ts';
import { openRaw, type RawTestClient, refusedWith } from './raw-client.ts';
import { startChat } from './start-chat.ts';

async function start(env: Record<string, string> = {}) {
  const chat = await startChat(env);
  const clients: RawTestClient[] = [];
  onTestFinished(async () => {
    for (const { ws } of clients) ws.terminate();
    await chat.close();
  });
  const path = (name: string) => `${chat.http.replace('http', 'ws')}${name}`;
  const open = async (name: string, options?: Parameters<typeof openRaw>[1]) => {
    const client = await openRaw(path(name), options);
    clients.push(client);
    return client;
  };
  return { chat, path, open };
}

test('W1 /echo: text and binary come back as they were, in order', async () => {
  const { open } = await start();
  const client = await open('/echo');
  const sent = [
    'hello',
    Buffer.from([0, 1, 255]),
    '',
    Buffer.alloc(0),
    'ü€𐍈',
    Buffer.alloc(60_000, 7),
    'x'.repeat(200),
  ];
  for (const message of sent) client.send(message);
  expect(await client.messages(sent.length)).toEqual(sent);
  client.ws.ping('are you there');
  expect(String((await once(client.ws, 'pong'))[0])).toBe('are you there');
  client.ws.close(1000, 'good night');
  expect(await client.closed).toEqual({ code: 1000, reason: 'good night' });
});

test('W1 /echo: a client that does not read is not read from, and costs bounded memory', async () => {
  const { chat, open } = await start({ CHAT_WS_BEHIND_BYTES: '65536' });
  const [slow, other] = await Promise.all([open('/echo'), open('/echo')]);
  slow.ws.pause();
  const message = Buffer.alloc(60_000, 1);
  // 30 MB: more than the kernel keeps on both ways.
  const count = 500;
  for (const _ of range(1, count)) slow.send(message);
  await vi.waitFor(async () => expect(await chat.metric('parley_chat_unsent_bytes')).toBeGreaterThan(65_536), patience);
  for (const n of range(1, 50)) {
    other.send(`${n}`);
    await other.messages(n);
  }
  expect(await chat.metric('parley_chat_unsent_bytes')).toBeLessThan(500_000);
  // What the server does not read is still with the client.
  expect(slow.ws.bufferedAmount).toBeGreaterThan(1_000_000);
  slow.ws.resume();
  await slow.messages(count);
  expect(slow.got.every((got) => message.equals(got as Buffer))).toBe(true);
}, 60_000);

test.each(['/echo', '/broadcast'])(
  '%s: a message that is too large closes with 1009, a broken text with 1007',
  async (name) => {
    const { open } = await start({ CHAT_WS_MESSAGE_BYTES: '1000' });
    const [large, broken, other] = await Promise.all([open(name), open(name), open(name)]);
    large.send('x'.repeat(1_001));
    expect((await large.closed).code).toBe(1009);
    broken.ws.send(Buffer.from([0xc3, 0x28]), { binary: false });
    expect((await broken.closed).code).toBe(1007);
    other.send('x'.repeat(1_000));
    expect(await other.messages(1)).toEqual(['x'.repeat(1_000)]);
  },
);

test('W2 /broadcast: what one sends goes to everybody there, the sender too, and to nobody else', async () => {
  const { open } = await start();
  const [ada, ben, cem, echo] = await Promise.all([
    open('/broadcast'),
    open('/broadcast'),
    open('/broadcast'),
    open('/echo'),
  ]);
  const sent = ['hello all', Buffer.from([1, 2, 3]), 'third'];
  for (const message of sent) ada.send(message);
  for (const client of [ada, ben, cem]) expect(await client.messages(3)).toEqual(sent);
  cem.ws.close();
  await cem.closed;
  ben.send('now two');
  for (const client of [ada, ben]) expect((await client.messages(4)).at(-1)).toBe('now two');
  expect(echo.got).toEqual([]);
});

test('W2 /broadcast: who does not read is closed with 1008 and harms nobody', async () => {
  const { chat, open } = await start({ CHAT_WS_BEHIND_BYTES: '65536', CHAT_WS_POSTS: '1000000' });
  const [ada, ben, slow] = await Promise.all([open('/broadcast'), open('/broadcast'), open('/broadcast')]);
  slow.ws.pause();
  const message = Buffer.alloc(60_000, 1);
  const connections = async () => chat.metric('parley_chat_connections');
  expect(await connections()).toBe(3);
  let sent = 0;
  while (!(await chat.metric('parley_chat_closed_sessions_total'))) {
    ada.send(message);
    sent += 1;
    await Promise.all([ada.messages(sent), ben.messages(sent)]);
    expect(await chat.metric('parley_chat_unsent_bytes')).toBeLessThan(500_000);
  }
  ada.send('the end');
  expect((await ben.messages(sent + 1)).at(-1)).toBe('the end');
  slow.ws.resume();
  expect(await slow.closed).toEqual({ code: 1008, reason: 'does not read what is sent to it' });
  expect(slow.got.length).toBeLessThan(sent);
  await vi.waitFor(async () => expect(await connections()).toBe(2), patience);
}, 60_000);

test('W2 /broadcast: too many messages of one connection close it with 4429, and no other', async () => {
  const { open } = await start({ CHAT_WS_POSTS: '5', CHAT_WS_POSTS_WINDOW_MS: '60000' });
  const [flood, calm] = await Promise.all([open('/broadcast'), open('/broadcast')]);
  for (const n of range(1, 20)) flood.send(`${n}`);
  expect(await flood.closed).toEqual({ code: 4429, reason: 'more than 5 messages in 60000 ms' });
  calm.send('calm');
  expect(await calm.messages(6)).toEqual(['1', '2', '3', '4', '5', 'calm']);
});

test('both count among the connections, of an address and in all, and mind where pages come from', async () => {
  const { path, open } = await start({
    CHAT_WS_CONNECTIONS_PER_ADDRESS: '2',
    CHAT_WS_CONNECTIONS: '3',
    PARLEY_TRUSTED_PROXIES: '127.0.0.1',
  });
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
  const first = await open('/echo', from('192.0.2.1'));
  await open('/broadcast', from('192.0.2.1'));
  for (const name of ['/ws', '/echo', '/broadcast']) {
    expect(await refusedWith(path(name), from('192.0.2.1')), name).toBe(429);
  }
  await open('/echo', from('192.0.2.2'));
  expect(await refusedWith(path('/ws'), from('192.0.2.3'))).toBe(503);
  first.ws.terminate();
  await vi.waitFor(() => open('/echo', from('192.0.2.1')), patience);
  for (const name of ['/echo', '/broadcast']) {
    expect(await refusedWith(path(name), { headers: { origin: 'https://evil.example' } }), name).toBe(403);
  }
});

test('a dead peer is found on them, one that answers pings stays', async () => {
  const { open } = await start({ CHAT_WS_PING_MS: '60', CHAT_WS_PONG_MS: '50' });
  const [alive, dead] = await Promise.all([open('/echo'), open('/broadcast')]);
  (dead.ws as unknown as { _autoPong: boolean })._autoPong = false;
  expect((await dead.closed).code).toBe(4408);
  await once(alive.ws, 'ping');
  alive.send('still here');
  expect(await alive.messages(1)).toEqual(['still here']);
});

test('W8 stopping closes them with 1012', async () => {
  const { chat, open } = await start();
  const clients = await Promise.all([open('/echo'), open('/broadcast')]);
  const stopped = chat.stop();
  for (const { closed } of clients) expect(await closed).toEqual({ code: 1012, reason: 'restart' });
  await stopped;
});

test('a path that is switched off is not there; in production both are, unless set', async () => {
  const { path, open } = await start({ CHAT_WS_ECHO: 'off' });
  expect(await refusedWith(path('/echo'))).toBe(404);
  await open('/broadcast');
  const production = { PARLEY_MODE: 'production' };
  expect(parseSettings(chatWsSettings, production)).toMatchObject({ echo: false, broadcast: false });
  expect(parseSettings(chatWsSettings, { ...production, CHAT_WS_ECHO: 'on' })).toMatchObject({ echo: true });
});
