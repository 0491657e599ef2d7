import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { silentLogger } from '@parley/common/runtime/logger';
import { connectTcp } from '@parley/net/connect';
import { afterEach, expect, it, vi } from 'vitest';
import { createDnsTcpServer, type DnsTcpOptions } from './tcp-server.ts';

const releases: (() => unknown)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

/** A client's socket, and the server's own to it. */
async function connectTo(options: Pick<DnsTcpOptions, 'answer'> & Partial<DnsTcpOptions>) {
  const limits = { maxConnections: 10, maxConnectionsPerIp: 10, idleMs: 60_000, maxQueryBytes: 512 };
  const { server, close } = createDnsTcpServer({ ...limits, log: silentLogger(), ...options });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  releases.push(close);
  const { port } = server.address() as { port: number };
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const socket = await connectTcp({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  releases.push(() => socket.destroy());
  return { socket, accepted: (await accepted)[0], port };
}

/** A message of one byte with its length before it. */
const message = Buffer.of(0, 1, 7);

it('T16 gives others their turn between the answers to queries that came at once', async () => {
  let turn = 0;
  const count = () => {
    turn += 1;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  releases.push(() => clearImmediate(counting));
  const turns: number[] = [];
  const { socket } = await connectTo({
    answer: (query) => {
      turns.push(turn);
      return query;
    },
  });
  socket.write(Buffer.concat(Array.from({ length: 300 }, () => message)));
  await vi.waitFor(() => expect(turns).toHaveLength(300));
  expect(new Set(turns).size).toBe(300);
});

it('reads no more from a client that does not read its answers, until it does', async () => {
  const large = Buffer.alloc(60_000);
  const { socket, accepted } = await connectTo({ answer: () => large });
  socket.pause();
  const queries = Buffer.concat(Array.from({ length: 1000 }, () => message));
  socket.write(queries);
  // Until both sides' buffers are full, so that nothing moves from one look to the next.
  let before = -1;
  await vi.waitFor(() => {
    const written = accepted.bytesWritten - accepted.writableLength;
    const stands = written === before && accepted.writableNeedDrain;
    before = written;
    expect([stands, accepted.isPaused()]).toEqual([true, true]);
  });
  // What waits to be written is at most one answer above the mark, whatever was asked for.
  expect(accepted.writableLength).toBeLessThanOrEqual(accepted.writableHighWaterMark + 2 + large.length);
  // And nothing goes round in circles meanwhile.
  const scheduled = vi.spyOn(globalThis, 'setImmediate');
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  expect(scheduled).not.toHaveBeenCalled();
  scheduled.mockRestore();
  let received = 0;
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  socket.resume();
  await vi.waitFor(() => expect(received).toBe(1000 * (2 + large.length)), { timeout: 5000 });
});

it('T16 leaves room for others when one address takes all the connections that it may', async () => {
  const { port } = await connectTo({ answer: (query) => query, maxConnectionsPerIp: 2 });
  const open = (localAddress: string) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => {});
    releases.push(() => socket.destroy());
    return socket;
  };
  const second = open('127.0.0.1');
  await once(second, 'connect');
  await once(open('127.0.0.1').resume(), 'close');
  const other = open('127.0.0.2');
  other.write(message);
  expect(await once(other, 'data')).toEqual([message]);
  expect(second.destroyed).toBe(false);
});

it('T17 ends the connection whose query makes the answering fail, and logs its peer', async () => {
  const log = silentLogger();
  const error = vi.spyOn(log, 'error');
  const answer = () => {
    throw new Error('a bug');
  };
  const { socket } = await connectTo({ answer, log });
  const peer = { address: '127.0.0.1', port: socket.localPort };
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.end(message);
  socket.resume();
  await closed;
  expect(error.mock.calls).toMatchObject([[{ peer }, 'a DNS query could not be answered']]);
});
