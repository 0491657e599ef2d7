import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { RawClient } from './raw-client.ts';

async function listening(server: ReturnType<typeof createServer>): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
}

async function open(url: string): Promise<RawClient> {
  const client = await RawClient.open(url);
  onTestFinished(() => client.end());
  return client;
}

test('counts text messages of every length, and knows its answer when it comes', async () => {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (ws) => {
    ws.on('message', (data) => {
      ws.ping();
      for (const length of JSON.parse(String(data)).lengths) ws.send('x'.repeat(length));
    });
  });
  const client = await open(await listening(server));
  await client.ask({ lengths: [5] });
  expect(client.count).toBe(1);
  await client.ask({ lengths: [126, 70_000, 2] });
  await expect.poll(() => client.count).toBe(4);
});

test.each([
  ['refuses', 'HTTP/1.1 503 Service Unavailable\r\n\r\n'],
  ['says nothing', ''],
])('a server that %s is found out in time', async (_what, answer) => {
  const server = createServer();
  server.on('upgrade', (_req, socket) => void socket.write(answer));
  const url = await listening(server);
  await expect(RawClient.open(url, 200)).rejects.toThrow(`no WebSocket at ${url}`);
});

test('an answer that does not come is found out in time', async () => {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', () => {});
  const client = await open(await listening(server));
  await expect(client.ask({ type: 'auth' }, 50)).rejects.toThrow('no answer in time');
});
