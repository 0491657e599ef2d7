import { silentLogger } from '@parley/common/runtime/logger';
import { connectTcp } from '@parley/net/connect';
import { afterEach, expect, it, vi } from 'vitest';
import { createDnsTcpServer, type DnsTcpOptions } from './tcp-server.ts';

const releases: (() => unknown)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

async function connectTo(options: Pick<DnsTcpOptions, 'answer'> & Partial<DnsTcpOptions>) {
  const limits = { maxConnections: 10, idleMs: 60_000, maxQueryBytes: 512 };
  const { server, close } = createDnsTcpServer({ ...limits, log: silentLogger(), ...options });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  releases.push(close);
  const { port } = server.address() as { port: number };
  const socket = await connectTcp({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  releases.push(() => socket.destroy());
  return socket;
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
  const socket = await connectTo({
    answer: (query) => {
      turns.push(turn);
      return query;
    },
  });
  socket.write(Buffer.concat(Array.from({ length: 300 }, () => message)));
  await vi.waitFor(() => expect(turns).toHaveLength(300));
  expect(new Set(turns).size).toBe(300);
});

it('T17 ends the connection whose query makes the answering fail, and logs its peer', async () => {
  const log = silentLogger();
  const error = vi.spyOn(log, 'error');
  const answer = () => {
    throw new Error('a bug');
  };
  const socket = await connectTo({ answer, log });
  const peer = { address: '127.0.0.1', port: socket.localPort };
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.end(message);
  socket.resume();
  await closed;
  expect(error.mock.calls).toMatchObject([[{ peer }, 'a DNS query could not be answered']]);
});
