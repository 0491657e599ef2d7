import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { encodeServerFrame, wsOpcodes } from '@parley/common/wire/ws-frame';
import { expect, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { ServerWebSocket } from './server-web-socket.ts';
import { SocketWriter } from './socket-writer.ts';

/** A server's end of a WebSocket, its writer, and what the client got. */
async function setUp(options: { perMessageDeflate: boolean }) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', WebSocket: ServerWebSocket, ...options });
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const got: (string | Buffer)[] = [];
  client.on('message', (data, isBinary) => got.push(isBinary ? (data as Buffer) : String(data)));
  const [[ws]] = (await Promise.all([once(server, 'connection'), once(client, 'open')])) as [
    [ServerWebSocket],
    unknown,
  ];
  const end = async () => {
    client.terminate();
    server.close();
    await once(server, 'close');
  };
  return { ws, writer: new SocketWriter(ws), client, got, end };
}

const text = (content: string) => encodeServerFrame(wsOpcodes.text, content);

test.each([
  ['raw frames', { perMessageDeflate: false }, true],
  ['ws.send, where compression is on', { perMessageDeflate: true }, false],
])('%s: whole messages of every length, in order, between what ws itself writes', async (_how, options, isRaw) => {
  const { ws, writer, client, got, end } = await setUp(options);
  expect(writer.isRaw).toBe(isRaw);
  const contents = ['', 'short', 'm'.repeat(126), 'x'.repeat(70_000), 'ü€𐍈'];
  writer.gather(text('gathered'));
  writer.write(Buffer.concat(contents.map(text)));
  ws.send('by ws itself');
  writer.write(encodeServerFrame(wsOpcodes.binary, Buffer.from([1, 2, 3])));
  for (let n = 0; n < 3; n++) writer.gather(text('y'.repeat(40_000)));
  writer.flush();
  writer.flush();
  ws.close(1000, 'done');
  await once(client, 'close');
  expect(got).toEqual([
    'gathered',
    ...contents,
    'by ws itself',
    Buffer.from([1, 2, 3]),
    ...Array(3).fill('y'.repeat(40_000)),
  ]);
  await end();
});

test('what was gathered goes to the system at once: small frames joined, large ones as they are', async () => {
  const { ws, writer, got, end } = await setUp({ perMessageDeflate: false });
  const { _socket: socket } = ws as unknown as { _socket: Socket & Required<Pick<Socket, '_writev'>> };
  const [joined, corked] = [vi.spyOn(socket, '_write'), vi.spyOn(socket, '_writev')];
  const writes = () => [joined.mock.calls.length, corked.mock.calls.length];
  for (let n = 0; n < 100; n++) writer.gather(text(`${n}`));
  expect(writes()).toEqual([0, 0]);
  writer.flush();
  expect(writes()).toEqual([1, 0]);
  await expect.poll(() => got.length).toBe(100);
  for (let n = 0; n < 50; n++) writer.gather(text(`${n}`));
  writer.write(text('behind them'));
  expect(writes()).toEqual([2, 0]);
  await expect.poll(() => got.length).toBe(151);
  for (let n = 0; n < 3; n++) writer.gather(text('y'.repeat(40_000)));
  writer.flush();
  expect(writes()).toEqual([2, 1]);
  await expect.poll(() => got.length).toBe(154);
  await end();
});

test.each([{ perMessageDeflate: false }, { perMessageDeflate: true }])(
  'tells when all has been taken (%o)',
  async (options) => {
    const { writer, client, end } = await setUp(options);
    client.pause();
    const frame = text('z'.repeat(100_000));
    while (writer.pendingBytes() === 0) writer.write(frame);
    let flushed = false;
    writer.afterFlush(() => {
      flushed = true;
    });
    expect(flushed).toBe(false);
    client.resume();
    await expect.poll(() => flushed, { timeout: 10_000 }).toBe(true);
    expect(writer.pendingBytes()).toBe(0);
    // Of the connection, not of what waits: the heartbeat's patience goes by it.
    expect(writer.traffic.bytesWritten).toBeGreaterThan(0);
    await end();
  },
);

test('what is on its way to who has said that it sends nothing more arrives, and nothing is written behind it', async () => {
  const { writer, client, got, end } = await setUp({ perMessageDeflate: false });
  client.pause();
  const frame = text('z'.repeat(100_000));
  let sent = 0;
  for (; writer.pendingBytes() < 5_000_000; sent++) writer.write(frame);
  const { _socket: socket } = client as unknown as { _socket: Socket };
  socket.end();
  await expect.poll(() => writer.pendingBytes()).toBe(Number.POSITIVE_INFINITY);
  writer.write(text('too late'));
  client.resume();
  await expect.poll(() => got.length, { timeout: 10_000 }).toBe(sent);
  expect(got).not.toContain('too late');
  await end();
});

test('a connection that is closing takes nothing more, and calls nobody back', async () => {
  const { ws, writer, client, got, end } = await setUp({ perMessageDeflate: false });
  ws.close();
  writer.write(text('too late'));
  writer.afterFlush(() => got.push('called back'));
  expect(writer.pendingBytes()).toBe(Number.POSITIVE_INFINITY);
  await once(client, 'close');
  expect(got).toEqual([]);
  await end();
});
