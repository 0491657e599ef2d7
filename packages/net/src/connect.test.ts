import { createServer, type Server } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connectTcp } from './connect.ts';

const releases: (() => unknown)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  releases.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as { port: number }).port;
}

/** A listener that accepts nothing: its thread sleeps and its accept queue is full, so the kernel drops each new SYN. */
async function silentListener(): Promise<number> {
  const asleep = `
    const { parentPort } = require('node:worker_threads');
    const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const worker = new Worker(asleep, { eval: true });
  releases.push(() => worker.terminate());
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  for (let queued = 0; queued < 2; queued++) {
    const socket = await connectTcp({ host: '127.0.0.1', port });
    socket.on('error', () => {});
    releases.push(() => socket.destroy());
  }
  return port;
}

describe('connectTcp', () => {
  it('T15 tries the addresses of a name one after the other, and says which failed when none answers', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).end('hi'));
    const port = await listen(server);
    const lookup = async () => ['127.0.0.3', '127.0.0.1'];
    const socket = await connectTcp({ host: 'db.test', port, lookup });
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();

    const none = connectTcp({ host: 'db.test', port, lookup: async () => ['127.0.0.3', '127.0.0.4'] });
    await expect(none).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      attempts: [
        { target: `127.0.0.3:${port}`, reason: 'ECONNREFUSED' },
        { target: `127.0.0.4:${port}`, reason: 'ECONNREFUSED' },
      ],
    });
  });

  it('T15 takes an IPv6 address with brackets and without', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).end());
    await new Promise<void>((resolve) => server.listen(0, '::1', resolve));
    releases.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as { port: number };
    for (const host of ['::1', '[::1]']) {
      const socket = await connectTcp({ host, port });
      expect(socket.remoteAddress).toBe('::1');
      socket.destroy();
    }
  });

  it('T11 can go on writing after the other side has ended, when it is asked to', async () => {
    const heard: string[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {}).on('data', (bytes) => heard.push(String(bytes)));
      socket.end('bye');
    });
    const port = await listen(server);
    const socket = await connectTcp({ host: '127.0.0.1', port, allowHalfOpen: true });
    const ended = new Promise((resolve) => socket.on('error', () => {}).once('end', resolve));
    socket.resume();
    await ended;
    await new Promise(setImmediate);
    socket.end('and yet');
    await vi.waitFor(() => expect(heard).toEqual(['and yet']));
  });

  it('T6 tells its time-outs apart: the lookup, one address, all addresses together', async () => {
    const port = await silentListener();
    const never = () => new Promise<string[]>(() => {});
    await expect(connectTcp({ host: 'slow.test', port, lookup: never, lookupTimeoutMs: 20 })).rejects.toMatchObject({
      code: 'LOOKUP_TIMEOUT',
    });

    const one = connectTcp({ host: '127.0.0.1', port, attemptTimeoutMs: 30 });
    await expect(one).rejects.toMatchObject({ code: 'CONNECT_TIMEOUT', attempts: [{ reason: 'CONNECT_TIMEOUT' }] });

    const lookup = async () => ['127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.1'];
    const all = connectTcp({ host: 'many.test', port, lookup, attemptTimeoutMs: 40, timeoutMs: 60 });
    await expect(all).rejects.toMatchObject({ code: 'CONNECT_DEADLINE' });
  });

  it('stops when it is told to', async () => {
    const port = await silentListener();
    const stop = new AbortController();
    const connecting = connectTcp({ host: '127.0.0.1', port, signal: stop.signal });
    setImmediate(() => stop.abort());
    await expect(connecting).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('says that a name has no addresses', async () => {
    const lookup = async () => Promise.reject(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }));
    await expect(connectTcp({ host: 'nowhere.test', port: 1, lookup })).rejects.toMatchObject({
      code: 'LOOKUP_FAILED',
    });
  });
});
