import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { FrameClient } from './frame-client.ts';
import { LineClient } from './line-client.ts';
import { patience, startGateway, type TestGateway } from './start-gateway.ts';

const kilobyte = 'x'.repeat(1_000);
const fourKilobytes = 'x'.repeat(4_000);

/** A client that never reads what it is told. */
async function deafClient(port: number, ...lines: string[]): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.pause();
  socket.write(lines.map((line) => `${line}\n`).join(''));
  return socket;
}

async function figure({ http }: TestGateway, name: string): Promise<number> {
  const text = await (await fetch(`${http}/metrics`)).text();
  return Number(new RegExp(`^parley_gateway_${name}\\{[^}]*\\} (\\S+)`, 'm').exec(text)?.[1]);
}

test('T16 a client that does not read is left behind; it costs the others nothing, and gets everything in the end', async () => {
  const gateway = await startGateway({ GATEWAY_TAIL_BYTES: '2000000' });
  const { port, chat } = gateway;
  const quick = await LineClient.in(port, 'lobby', 'quick');
  const deaf = await deafClient(port, 'NAME deaf', 'JOIN lobby');
  await expect.poll(() => chat.room('lobby').members.size, patience).toBe(2);
  const messages = 5_000;
  for (let n = 1; n <= messages; n += 100) {
    chat.post('lobby', ...Array.from({ length: 100 }, () => fourKilobytes));
    await quick.saying('MESSAGE', n + 99);
  }
  expect(await figure(gateway, 'clients_behind')).toBe(1);
  // 20 MB went by; the tail has at most 2 MB of it, the client's socket a quarter.
  expect(await figure(gateway, 'tail_bytes')).toBeLessThan(2_000_001);
  expect(await figure(gateway, 'unsent_bytes')).toBeLessThan(2 * 256 * 1024);
  const late = new LineClient(deaf);
  deaf.resume();
  const seqs = (await late.saying('MESSAGE', messages)).map((line) => Number(line.split(' ')[2]));
  expect(seqs).toEqual(Array.from({ length: messages }, (_none, index) => index + 1));
}, 60_000);

test('T16 a client that asks and does not read is not listened to any more', async () => {
  const { port, chat } = await startGateway({ GATEWAY_MAX_UNSENT_BYTES: '10000' });
  const other = await LineClient.in(port, 'lobby', 'other');
  const deaf = await deafClient(port);
  const line = Buffer.from(`${kilobyte}\n`.repeat(1_000));
  // Its own kernel, the gateway's and the gateway take so much, and no more.
  let taken = 0;
  while (deaf.write(line) || deaf.writableLength < 8_000_000) {
    taken += line.length;
    if (taken > 100_000_000) throw new Error('everything was taken');
    await new Promise((resolve) => setImmediate(resolve));
  }
  await vi.waitFor(async () => {
    const left = deaf.writableLength;
    expect(await other.ask('/ping')).toBe('PONG');
    expect(deaf.writableLength).toBe(left);
  }, patience);
  expect(chat.all('open')).toHaveLength(1);
  const listening = new LineClient(deaf);
  deaf.resume();
  await vi.waitFor(() => expect(deaf.writableLength).toBe(0), { timeout: 15_000 });
  deaf.end('HELLO\n');
  expect((await listening.rest()).endsWith('\nWORLD\n')).toBe(true);
}, 60_000);

test('T16 a client is not read from while its very first command waits for its answer', async () => {
  const { port, chat } = await startGateway();
  chat.intercept = (message) => message.t === 'in';
  const client = await deafClient(port);
  const lines = Buffer.from(`${kilobyte}\n`.repeat(1_000));
  client.write(Buffer.concat([Buffer.from('NAME ada\n'), lines]));
  let sent = 0;
  while (client.writableLength < 8_000_000) {
    client.write(lines);
    sent += lines.length;
    if (sent > 100_000_000) throw new Error('everything was taken');
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(chat.all('in')).toHaveLength(1);
}, 60_000);

test('T16 the bytes of posts that wait for their answers are bounded, too', async () => {
  const { port, chat } = await startGateway({ GATEWAY_MAX_UNSENT_BYTES: '10000' });
  const [client, other] = [await FrameClient.in(port, 'lobby'), await FrameClient.in(port, 'lobby', 'other')];
  const held: (() => void)[] = [];
  chat.intercept = (message, link) => {
    if (message.t !== 'in' || !JSON.stringify(message.m).includes(kilobyte)) return false;
    held.push(() => link.take(message));
    return true;
  };
  const ids = Array.from({ length: 20 }, (_none, id) => id);
  client.send(...ids.map((id) => ({ type: 'post', id, room: 'quiet', text: fourKilobytes }) as const));
  await expect.poll(() => held.length, patience).toBe(3);
  expect(await other.ask({ type: 'post', room: 'quiet', text: 'short' })).toMatchObject({ type: 'posted' });
  expect(held).toHaveLength(3);
  chat.intercept = () => false;
  for (const take of held) take();
  expect((await client.some('posted', 20)).map(({ re }) => re)).toEqual(ids);
});

test('T16 answers that wait for an earlier one are bounded as well', async () => {
  const { port, chat } = await startGateway({ GATEWAY_MAX_UNANSWERED: '10' });
  const client = await FrameClient.in(port, 'lobby');
  const held: (() => void)[] = [];
  chat.intercept = (message, link) => {
    if (message.t === 'in') held.push(() => link.take(message));
    return message.t === 'in';
  };
  client.send(
    ...Array.from({ length: 40 }, (_none, id) => ({ type: 'post', id, room: 'lobby', text: `${id}` }) as const),
  );
  await expect.poll(() => held.length, patience).toBe(10);
  const other = await LineClient.connect(port);
  expect(await other.ask('HELLO')).toBe('WORLD');
  expect(held).toHaveLength(10);
  chat.intercept = () => false;
  for (const take of held) take();
  expect((await client.some('posted', 40)).map(({ re }) => re)).toEqual(Array.from({ length: 40 }, (_none, id) => id));
});

test('T9 T16 a client that takes nothing for too long is reset', async () => {
  const { port, chat } = await startGateway({ GATEWAY_STALLED_MS: '80', GATEWAY_MAX_UNSENT_BYTES: '20000' });
  const deaf = await deafClient(port, 'NAME deaf', 'JOIN lobby');
  const failed = once(deaf, 'error');
  await expect.poll(() => chat.room('lobby').members.size, patience).toBe(1);
  chat.post('lobby', ...Array.from({ length: 8_000 }, () => kilobyte));
  await expect.poll(() => chat.all('end').length, patience).toBe(1);
  // Only who uses the connection again learns that it has been reset.
  deaf.write('HELLO\n');
  deaf.resume();
  expect(((await failed)[0] as NodeJS.ErrnoException).code).toMatch(/ECONNRESET|EPIPE/);
});

test('T16 a link that cannot send holds up what comes in, not what goes out', async () => {
  const gateway = await startGateway({ GATEWAY_LINKS: '1', GATEWAY_LINK_UNSENT_BYTES: '100000' });
  const { port, chat } = gateway;
  const clients = [];
  for (const name of ['a', 'b', 'c', 'd', 'e']) clients.push(await FrameClient.in(port, 'lobby', name));
  const [link] = chat.links;
  link!.freeze();
  const text = 'y'.repeat(60_000);
  const ids = Array.from({ length: 250 }, (_none, id) => id);
  for (const client of clients) client.send(...ids.map((id) => ({ type: 'post', id, room: 'quiet', text }) as const));
  // 75 MB are offered; kernels take a part of it, the gateway one message over its limit.
  let taken = -1;
  await vi.waitFor(async () => {
    const before = taken;
    taken = await figure(gateway, 'posts_total');
    expect(taken).toBe(before);
  }, patience);
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(700);
  chat.post('lobby', 'from outside');
  for (const client of clients) await client.some('message', 1);
  link!.unfreeze();
  for (const client of clients) expect((await client.some('posted', 250)).map(({ re }) => re)).toEqual(ids);
}, 60_000);

test('T16 many small commands of one client do not keep another one waiting', async () => {
  const { port } = await startGateway();
  const [noisy, other] = [await LineClient.connect(port), await LineClient.connect(port)];
  noisy.socket.write('HELLO\n'.repeat(200_000));
  let answered = 0;
  while (noisy.all.length < 200_000) {
    expect(await other.ask('PING')).toBe('PONG');
    answered += 1;
  }
  expect(answered).toBeGreaterThan(3);
}, 60_000);
