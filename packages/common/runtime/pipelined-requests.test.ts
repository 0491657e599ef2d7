import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { boundPipelinedRequests } from './pipelined-requests.ts';

let ended = 0;
let begun: ServerResponse[] = [];
const bound = boundPipelinedRequests(() => ended++);
const server = createServer((req, res) => bound(req, res, () => void begun.push(res)));

beforeEach(async () => {
  [ended, begun] = [0, []];
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  await once(server.close(), 'close');
});

/** Sends so many requests at once, and more when it is told to. */
function open() {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let answers = 0;
  socket.on('data', (chunk) => {
    answers += String(chunk).split('HTTP/1.1 204').length - 1;
  });
  socket.on('error', () => {});
  return {
    closed: new Promise<void>((resolve) => socket.once('close', () => resolve())),
    send: (requests: number) => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(requests)),
    answered: (count: number) => vi.waitFor(() => expect(answers).toBe(count)),
    end: () => socket.destroy(),
  };
}

const hasBegun = (count: number) => vi.waitFor(() => expect(begun).toHaveLength(count));

it('ends a connection that has one request too many under way, and begins none of the rest', async () => {
  const [flood, other] = [open(), open()];
  other.send(1);
  await hasBegun(1);
  flood.send(2_000);
  await flood.closed;
  expect([begun.length, ended]).toEqual([17, 1]);
  begun[0]?.writeHead(204).end();
  await other.answered(1);
  other.end();
});

it('lets a connection have as many requests as it likes, one after the other or some at a time', async () => {
  const client = open();
  for (const total of [16, 32, 48]) {
    client.send(16);
    await hasBegun(total);
    for (const res of begun.slice(-16)) res.writeHead(204).end();
    await client.answered(total);
  }
  expect(ended).toBe(0);
  client.end();
});
