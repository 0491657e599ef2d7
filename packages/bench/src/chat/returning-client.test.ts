import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { ReturningClient } from './returning-client.ts';

type Said = { type: string; guest?: string; ticket?: string; after?: unknown };

/** A server that lets everybody in, and tells what it was told. */
async function open() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const said: Said[] = [];
  const sockets: WebSocket[] = [];
  server.on('connection', (ws) => {
    sockets.push(ws);
    ws.on('message', (data) => {
      const message: Said = JSON.parse(String(data));
      said.push(message);
      if (message.type === 'auth') ws.send('{"type":"auth_success","ticket":"t1"}');
      else ws.send('{"type":"joined","epoch":"e1","head":4,"recovered":true}');
    });
  });
  const client = new ReturningClient(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => {
    client.stop();
    server.close();
  });
  await client.enter();
  return { client, said, sockets };
}

test('told to go it comes back with the newest ticket and its position', async () => {
  const { client, said, sockets } = await open();
  sockets[0]!.send('{"type":"message","seq":5}');
  sockets[0]!.send('{"type":"drain","reconnectAfterMs":20,"ticket":"t2"}');
  await expect.poll(() => client.joins).toBe(2);
  expect(said).toEqual([
    { type: 'auth', guest: 'client' },
    { type: 'join', room: 'crowd' },
    { type: 'auth', ticket: 't2' },
    { type: 'join', room: 'crowd', after: { epoch: 'e1', seq: 5 } },
  ]);
  expect(client.positions.faults).toBe(0);
});

test('what is left out is noticed', async () => {
  const { client, sockets } = await open();
  sockets[0]!.send('{"type":"message","seq":6}');
  await expect.poll(() => client.positions.faults).toBe(1);
});
