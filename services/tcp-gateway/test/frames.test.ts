import { encodePost } from '@parley/common/wire/binary';
import { encodeFrame } from '@parley/common/wire/frames';
import { expect, test } from 'vitest';
import { FrameClient } from './frame-client.ts';
import { startGateway } from './start-gateway.ts';

test('T3 every message of a logged-in client, answered with its id', async () => {
  const { port, chat } = await startGateway({ GATEWAY_HEARTBEAT_MS: '7000', GATEWAY_MAX_FRAME_BYTES: '2000' });
  const client = await FrameClient.connect(port);
  expect(await client.ask({ type: 'auth', guest: 'ada' })).toMatchObject({
    user: { name: 'guest-ada-1', guest: true },
    ticket: 'ticket-g_1-guest-ada-1',
    heartbeatMs: 7000,
    limits: { messageBytes: 2000, posts: 1000 },
  });
  chat.post('lobby', 'before');
  expect(await client.ask({ type: 'join', room: 'lobby', after: 'start' })).toMatchObject({
    type: 'joined',
    epoch: 'e1',
    head: 1,
    recovered: true,
  });
  expect(await client.ask({ type: 'post', room: 'lobby', data: { a: [1] } })).toMatchObject({ type: 'posted', seq: 2 });
  expect(await client.some('message', 2)).toMatchObject([
    { seq: 1, text: 'before', from: { name: 'else' } },
    { seq: 2, data: { a: [1] }, from: { name: 'guest-ada-1' } },
  ]);
  expect(await client.ask({ type: 'history', room: 'lobby', limit: 1 })).toMatchObject({ messages: [{ seq: 2 }] });
  expect(await client.ask({ type: 'members', room: 'lobby' })).toMatchObject({ total: 1 });
  expect(await client.ask({ type: 'refresh', token: 'token-ada' })).toMatchObject({ type: 'refreshed' });
  expect(await client.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  expect(await client.ask({ type: 'leave', room: 'lobby' })).toMatchObject({ type: 'left', room: 'lobby' });
  expect(await client.ask({ type: 'join', room: 'secret' })).toMatchObject({ type: 'error', code: 'NOT_FOUND' });
  client.send({ type: 'ping' }, { type: 'post', room: 'lobby', text: 'no id', key: 'k' });
  client.send({ type: 'post', room: 'lobby', text: 'no id', key: 'k' });
  const posted = await client.some('posted', 3);
  expect(posted.map(({ re, duplicate }) => [re !== undefined, duplicate])).toEqual([
    [true, false],
    [false, false],
    [false, true],
  ]);
});

test('a post has a key when it leaves the gateway, its own or the client’s', async () => {
  const { port, chat } = await startGateway();
  const client = await FrameClient.in(port, 'lobby');
  await client.ask({ type: 'post', room: 'lobby', text: 'a' });
  await client.ask({ type: 'post', room: 'lobby', text: 'b', key: 'mine' });
  await client.ask({ type: 'post', room: 'lobby', text: 'c' });
  const keys = chat.all('in').flatMap(({ m }) => {
    const { type, key } = m as { type: string; key?: string };
    return type === 'post' ? [key] : [];
  });
  expect(keys).toEqual([expect.stringMatching(/^gw-/), 'mine', expect.stringMatching(/^gw-/)]);
  expect(new Set(keys).size).toBe(3);
});

test('a binary post is a post, and its content is base64 for readers of JSON', async () => {
  const { port } = await startGateway();
  const client = await FrameClient.in(port, 'lobby');
  client.sendRaw(encodePost({ id: 7, room: 'lobby', key: 'k', content: Buffer.of(0, 255, 1) }));
  expect(await client.waitFor((got) => got.type === 'posted')).toMatchObject({ re: 7, seq: 1 });
  expect(await client.some('message', 1)).toMatchObject([{ data: { base64: 'AP8B' } }]);
  client.sendRaw(encodePost({ id: 8, room: 'No Room', content: Buffer.of(1) }));
  client.sendRaw(Buffer.concat([Buffer.of(1), Buffer.from('{"type":"ping","id":9}')]));
  expect(await client.some('error', 1)).toMatchObject([{ re: 8, code: 'BAD_MESSAGE' }]);
  expect(await client.waitFor((got) => got.type === 'pong')).toMatchObject({ re: 9 });
});

test('T3 the same answers however the bytes are split', async () => {
  const { port } = await startGateway();
  const frames = Buffer.concat(
    [
      { type: 'auth', id: 1, guest: 'ada' },
      { type: 'post', id: 2, room: 'lobby', text: 'zoë' },
      { type: 'ping', id: 3 },
    ].map((message) => encodeFrame(JSON.stringify(message))),
  );
  for (let at = 1; at < frames.length; at++) {
    const client = await FrameClient.connect(port);
    client.socket.write(frames.subarray(0, at));
    await new Promise((resolve) => setImmediate(resolve));
    client.socket.write(frames.subarray(at));
    await client.some('pong', 1);
    expect(client.got.map((got) => [got.type, 're' in got && got.re])).toEqual([
      ['auth_success', 1],
      ['posted', 2],
      ['pong', 3],
    ]);
    client.socket.destroy();
  }
});

test('T3 a length over the limit is refused before its payload has come, and the connection is closed', async () => {
  const { port } = await startGateway({ GATEWAY_MAX_FRAME_BYTES: '100' });
  const client = await FrameClient.connect(port);
  client.send({ type: 'ping', id: 1 });
  client.socket.write(Buffer.of(0, 0, 0, 101));
  await client.closed;
  expect(client.got).toMatchObject([
    { type: 'pong', re: 1 },
    { type: 'error', code: 'TOO_LARGE' },
  ]);
});

test('what is no message is answered, with its id where there is one; too many of it end the connection', async () => {
  const { port } = await startGateway({ GATEWAY_MAX_BAD_MESSAGES: '5' });
  const client = await FrameClient.connect(port);
  client.sendRaw('{"type":"ping"');
  client.sendRaw('{"type":"confetti","id":1}');
  client.sendRaw('{"type":"join","id":2,"room":7}');
  client.send({ type: 'join', id: 3, room: 'lobby' });
  client.send({ type: 'ping', id: 4 });
  client.sendRaw(Buffer.of(0x11, 0));
  client.send({ type: 'ping', id: 5 });
  await client.closed;
  expect(
    client.got.map((got) => ['re' in got ? got.re : undefined, got.type === 'error' ? got.code : got.type]),
  ).toEqual([
    [undefined, 'BAD_MESSAGE'],
    [1, 'UNKNOWN_TYPE'],
    [2, 'BAD_MESSAGE'],
    [3, 'UNAUTHENTICATED'],
    [4, 'pong'],
    [undefined, 'UNKNOWN_TYPE'],
  ]);
});

test('a login that fails is answered and ends the connection', async () => {
  const { port } = await startGateway();
  const client = await FrameClient.connect(port);
  client.send({ type: 'auth', id: 1, token: 'nonsense' }, { type: 'ping', id: 2 });
  await client.closed;
  expect(client.got).toMatchObject([{ type: 'auth_failed', re: 1, code: 'UNAUTHENTICATED' }]);
});

test('without a login in time the connection is closed', async () => {
  const { port } = await startGateway({ GATEWAY_LOGIN_MS: '30' });
  const client = await FrameClient.connect(port);
  client.send({ type: 'ping', id: 1 });
  await client.closed;
  expect(client.got).toMatchObject([{ type: 'pong' }, { type: 'error', code: 'UNAUTHENTICATED' }]);
});

test('a client that answers pings stays; a silent one is closed', async () => {
  const { port } = await startGateway({ GATEWAY_HEARTBEAT_MS: '40', GATEWAY_HEARTBEAT_TIMEOUT_MS: '400' });
  const [lively, silent] = [await FrameClient.connect(port), await FrameClient.connect(port)];
  lively.socket.on('data', () => lively.send({ type: 'pong' }));
  for (const client of [lively, silent]) client.send({ type: 'ping', id: 1 });
  await silent.closed;
  await lively.some('ping', 4);
  expect(lively.isEnded).toBe(false);
  expect(silent.all('ping').length).toBeGreaterThan(0);
});

test('a client that has much to read before it finds the ping is not taken for silent', async () => {
  const { port, chat } = await startGateway({ GATEWAY_HEARTBEAT_MS: '40', GATEWAY_HEARTBEAT_TIMEOUT_MS: '400' });
  const slow = await FrameClient.connect(port);
  // From the beginning: logging in and joining may take longer than a silent client is given.
  slow.socket.on('data', () => slow.send({ type: 'pong' }));
  await slow.ask({ type: 'auth', guest: 'ada' });
  await slow.ask({ type: 'join', room: 'lobby' });
  slow.socket.pause();
  chat.post('lobby', ...Array.from({ length: 100 }, () => 'x'.repeat(1_000)));
  const silent = await FrameClient.connect(port);
  silent.send({ type: 'ping', id: 1 });
  await silent.closed;
  slow.socket.resume();
  await slow.some('message', 100);
  const pings = slow.all('ping').length;
  await slow.some('ping', pings + 2);
  expect(slow.isEnded).toBe(false);
});
