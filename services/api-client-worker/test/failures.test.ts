import { createServer, type Server } from 'node:net';
import { listenTcp } from '@parley/common/runtime/listen';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { afterEach, describe, expect, test } from 'vitest';
import { posted } from './support/events.ts';
import { useNetwork } from './support/network.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A port that answers every connection with these bytes, or with nothing. */
async function rawPort(answer: string | undefined): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => void (answer === undefined ? socket.destroy() : socket.end(answer)));
  });
  servers.push(server);
  return (await listenTcp(server, { host: '127.0.0.1', port: 0, setting: 'test' })).port;
}

async function closedPort(): Promise<number> {
  const port = await rawPort(undefined);
  await new Promise((resolve) => servers.pop()?.close(resolve));
  return port;
}

describe('C24 failures of a delivery', () => {
  const start = useNetwork();
  const once = { WORKER_RETRY_SCHEDULE: '0' };

  test('C24 each kind is told apart', async () => {
    const { worker, chatWs, receiver } = await start(once);
    receiver.answer = (_received, res) => void res.writeHead(404).end('no such hook');
    const redirecting = await rawPort(
      'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n',
    );
    const urls = {
      status: receiver.url,
      redirect: `http://127.0.0.1:${redirecting}/`,
      connect: `http://127.0.0.1:${await closedPort()}/`,
      tls: `https://127.0.0.1:${receiver.port}/`,
      network: `http://127.0.0.1:${await rawPort(undefined)}/`,
      protocol: `http://127.0.0.1:${await rawPort('SSH-2.0-nothing-of-the-kind\r\n')}/`,
    };
    const kinds = new Map<string, string>();
    for (const [kind, url] of Object.entries(urls)) kinds.set((await worker.register({ url })).id, kind);
    chatWs.publish(posted('m1'));
    const { items } = await worker.waitForJobs('dead', kinds.size);
    for (const { id, webhookId } of items) {
      const { attempts } = await worker.job(id);
      expect(attempts).toMatchObject([{ outcome: kinds.get(webhookId) }]);
      expect(attempts[0]?.error).not.toContain('127.0.0.1');
    }
  });

  test('C11 an endpoint that does not answer, or never ends its answer, runs into the time-out', async () => {
    const { worker, chatWs, receiver, startReceiver } = await start({ ...once, WORKER_TIMEOUT_MS: '300' });
    const endless = await startReceiver();
    receiver.answer = () => {};
    endless.answer = (_received, res) => void res.writeHead(200).write('well, ');
    await worker.register({ url: receiver.url });
    await worker.register({ url: endless.url });
    chatWs.publish(posted('m1'));
    const { items } = await worker.waitForJobs('dead', 2);
    for (const { id } of items) {
      const [attempt] = (await worker.job(id)).attempts;
      expect(attempt?.outcome).toBe('timeout');
      expect(attempt?.durationMs).toBeGreaterThanOrEqual(290);
      expect(attempt?.durationMs).toBeLessThan(5_000);
    }
  });

  test('C24 an answer that is too large is read to the limit and no further', async () => {
    const limits = { WORKER_MAX_RESPONSE_BYTES: '2000', WORKER_MAX_SNIPPET_BYTES: '10' };
    const { worker, chatWs, receiver } = await start({ ...once, ...limits });
    let broken = 0;
    receiver.answer = (_received, res) => {
      res.once('close', () => {
        broken += 1;
      });
      res.writeHead(200);
      const pour = () => {
        while (!res.destroyed && res.write('x'.repeat(100_000)));
      };
      res.on('drain', pour);
      pour();
    };
    await worker.register({ url: receiver.url });
    chatWs.publish(posted('m1'));
    const { items } = await worker.waitForJobs('succeeded', 1);
    expect((await worker.job(items[0]?.id ?? '')).attempts).toMatchObject([{ status: 200, answer: 'xxxxxxxxxx' }]);
    await expect.poll(() => broken).toBe(1);
  });
});

describeEachDatabase('C24 failures of a delivery', (databases) => {
  const start = useNetwork(databases);
  const once = { WORKER_RETRY_SCHEDULE: '0' };

  test('an answer that is no text is kept as text', async () => {
    const { worker, chatWs, receiver } = await start(once);
    receiver.answer = (_received, res) => void res.writeHead(500).end(Buffer.from([0, 0xff, 0x41]));
    await worker.register({ url: receiver.url });
    chatWs.publish(posted('m1'));
    const { items } = await worker.waitForJobs('dead', 1);
    expect((await worker.job(items[0]?.id ?? '')).attempts).toMatchObject([{ answer: '\uFFFD\uFFFDA' }]);
  });
});
