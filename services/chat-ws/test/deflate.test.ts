import { once } from 'node:events';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { patience, range, TestClient } from './client.ts';
import { LineClient } from './line-client.ts';
import { startChat, type TestChat } from './start-chat.ts';

let chat: TestChat;
beforeAll(async () => {
  chat = await startChat({
    CHAT_WS_DEFLATE: 'on',
    CHAT_WS_POSTS: '1000000',
    CHAT_WS_BEHIND_BYTES: '65536',
    CHAT_WS_TAIL_BYTES: '1000000',
    CHAT_WS_WAITING_POSTS: '100000',
    CHAT_WS_BAD_MESSAGES: '1000000',
  });
});
afterAll(() => chat.close());

/** Bytes that have come in on a client's TCP connection. */
const bytesRead = ({ ws }: TestClient) => (ws as unknown as { _socket: { bytesRead: number } })._socket.bytesRead;

async function guestIn(room: string, options: Parameters<TestChat['client']>[0] = {}): Promise<TestClient> {
  const client = await chat.client(options);
  await client.ask({ type: 'auth', guest: 'guest' });
  await client.ask({ type: 'join', room });
  return client;
}

test('who offers compression gets it, one message at a time; who does not is served as ever', async () => {
  const [packed, plain] = await Promise.all([guestIn('both'), guestIn('both', { perMessageDeflate: false })]);
  expect(packed.ws.extensions).toBe('permessage-deflate');
  expect(plain.ws.extensions).toBe('');
  for (const n of range(1, 10)) packed.send({ type: 'post', room: 'both', text: `${n} ${'x'.repeat(20_000)}` });
  for (const client of [packed, plain]) expect(await client.seqs('both', 10)).toEqual(range(1, 10));
  expect(packed.all('message').map(({ text }) => text)).toEqual(plain.all('message').map(({ text }) => text));
  expect(bytesRead(packed)).toBeLessThan(20_000);
  expect(bytesRead(plain)).toBeGreaterThan(200_000);
});

test('what is agreed to keeps no context and a small window', async () => {
  const client = new TestClient(chat.ws);
  const [res] = await once(client.ws, 'upgrade');
  expect(res.headers['sec-websocket-extensions']).toBe(
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10',
  );
  client.ws.terminate();
});

test('off unless set; a window that is too small for us is declined, not refused', async () => {
  const small = await chat.client({ perMessageDeflate: { serverMaxWindowBits: 9 } });
  expect(small.ws.extensions).toBe('');
  expect(await small.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  const other = await startChat();
  try {
    const client = await other.client();
    expect(client.ws.extensions).toBe('');
  } finally {
    await other.close();
  }
});

/** Compresses to about as many bytes as it has, so that a reader who pauses is one that the server notices. */
const noise = (n: number) =>
  Array.from({ length: 3_000 }, (_, i) => (((n * 7919 + i) * 2654435761) % 2 ** 32).toString(36)).join('');

test('W11 a slow reader whose messages are compressed: others are not slowed, and it has everything in order', async () => {
  const [ada, ben, slow] = await Promise.all([guestIn('busy'), guestIn('busy'), guestIn('busy')]);
  slow.ws.pause();
  const count = 600;
  for (let n = 0; n < count; n += 20) {
    for (const k of range(1, 20)) ada.send({ type: 'post', room: 'busy', text: noise(n + k) });
    await ben.seqs('busy', n + 20);
    expect(await chat.metric('parley_chat_unsent_bytes')).toBeLessThan(3_000_000);
  }
  expect(await chat.metric('parley_chat_behind')).toBe(1);
  expect(slow.all('message').length).toBeLessThan(count);
  slow.ws.resume();
  expect(await slow.seqs('busy', count)).toEqual(range(1, count));
  await vi.waitFor(async () => expect(await chat.metric('parley_chat_behind')).toBe(0), patience);
  // Live again, on the same connection; answers and what is pushed keep their order.
  await ada.ask({ type: 'post', room: 'busy', text: 'the end' });
  expect((await slow.seqs('busy', count + 1)).at(-1)).toBe(count + 1);
  expect(slow.all('gap')).toEqual([]);
  expect(slow.all('message').every(({ seq, text }) => seq > count || text === noise(seq))).toBe(true);
}, 60_000);

test('who asks and does not read is answered no further, compressed as well', async () => {
  const ada = await guestIn('asking');
  for (const n of range(1, 20)) await ada.ask({ type: 'post', room: 'asking', text: noise(n) });
  const slow = await guestIn('asking');
  slow.ws.pause();
  const count = 100;
  for (const id of range(1, count)) slow.send({ type: 'history', id, room: 'asking' });
  for (const _ of range(1, 40)) await ada.ask({ type: 'history', room: 'asking' });
  expect(await chat.metric('parley_chat_unsent_bytes')).toBeLessThan(3_000_000);
  slow.ws.resume();
  await vi.waitFor(() => expect(slow.all('history')).toHaveLength(count), { ...patience, timeout: 40_000 });
  expect(slow.all('history').map(({ re }) => re)).toEqual(range(1, count));
}, 60_000);

/** A client's masked frame with its first reserved bit set: a compressed text message (RFC 7692 §6.1); the mask is 0. */
function compressedFrame(content: Buffer | string): Buffer {
  const packed = deflateRawSync(content);
  const head = Buffer.alloc(14);
  head[0] = 0xc1;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(packed.length), 2);
  return Buffer.concat([head, packed]);
}

/** The bytes as they are, past what `ws` would do to them. */
const sendBytes = ({ ws }: TestClient, bytes: Buffer) =>
  (ws as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(bytes);

test('a compression bomb is closed with 1009 before it has grown, and harms nobody', async () => {
  const calm = await guestIn('calm');
  const bomb = compressedFrame(Buffer.alloc(100 << 20));
  expect(bomb.length).toBeLessThan(128 * 1024);
  const bombers = await Promise.all(range(1, 10).map(() => chat.client()));
  const before = process.memoryUsage().arrayBuffers;
  let highest = before;
  const watch = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage().arrayBuffers);
  }, 1);
  for (const bomber of bombers) sendBytes(bomber, bomb);
  for (const { closed } of bombers) expect((await closed).code).toBe(1009);
  clearInterval(watch);
  expect(highest - before).toBeLessThan(16 << 20);
  expect(await calm.ask({ type: 'post', room: 'calm', text: 'still here' })).toMatchObject({ type: 'posted' });
});

test('many messages out of few bytes are answered like any others', async () => {
  const ada = await guestIn('many');
  const count = 150;
  const frames = range(1, count).map((id) =>
    compressedFrame(JSON.stringify({ type: 'post', id, room: 'many', text: 'x'.repeat(60_000) })),
  );
  // 9 MB in less than one read of the socket.
  const bytes = Buffer.concat(frames);
  expect(bytes.length).toBeLessThan(64 * 1024);
  sendBytes(ada, bytes);
  await vi.waitFor(() => expect(ada.all('posted').length + ada.all('error').length).toBe(count), patience);
  for (const error of ada.all('error')) expect(error.code).toBe('RATE_LIMITED');
});

test('many lines out of few bytes that wait for an answer are bounded as well', async () => {
  const ada = await guestIn('lines');
  for (const n of range(1, 20)) await ada.ask({ type: 'post', room: 'lines', text: noise(n) });
  const lines = await LineClient.in(chat, 'lines');
  lines.client.ws.pause();
  // Its answer is more than may be unsent: what follows is not taken before it has been read.
  const count = 250;
  const line = compressedFrame('x'.repeat(60_000));
  const bytes = Buffer.concat([compressedFrame('HISTORY 20\n'.repeat(25)), ...range(1, count).map(() => line)]);
  expect(bytes.length).toBeLessThan(64 * 1024);
  sendBytes(lines.client, bytes);
  await vi.waitFor(async () => {
    expect(await chat.metric('parley_chat_limited_total', 'limit="inbox"')).toBeGreaterThan(count / 2);
  }, patience);
  lines.client.ws.resume();
  const errors = await lines.saying('ERROR', count);
  expect(errors.filter((line) => line.startsWith('ERROR RATE_LIMITED ')).length).toBeGreaterThan(count / 2);
});

test('broken compressed data closes that connection only', async () => {
  const [bad, good] = await Promise.all([guestIn('broken'), guestIn('broken')]);
  const frame = compressedFrame('x'.repeat(2_000));
  frame.fill(0xff, 14);
  sendBytes(bad, frame);
  expect([1002, 1006, 1007]).toContain((await bad.closed).code);
  expect(await good.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
});

test('W8 a heartbeat, a close and a drain come after what was sent before them', async () => {
  const other = await startChat({ CHAT_WS_DEFLATE: 'on', CHAT_WS_POSTS: '1000000' });
  try {
    const ada = await other.guestIn('leaving');
    for (const n of range(1, 50)) ada.send({ type: 'post', id: n, room: 'leaving', text: noise(n) });
    await ada.first('posted');
    ada.ws.ping('between');
    await once(ada.ws, 'pong');
    const stopped = other.stop();
    await ada.first('drain');
    expect(await ada.closed).toEqual({ code: 1012, reason: 'restart' });
    await stopped;
    expect(ada.all('posted').map(({ re }) => re)).toEqual(range(1, ada.all('posted').length));
    const seqs = ada.all('message').map(({ seq }) => seq);
    expect(seqs).toEqual(range(1, seqs.length));
    expect(seqs.length).toBeGreaterThan(0);
  } finally {
    await other.close();
  }
});
