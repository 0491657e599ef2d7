import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listenTcp } from './listen.ts';
import type { ReadyMessage } from './run-service.ts';

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-run-'));
});
afterAll(() => rm(dataDir, { recursive: true }));

function run(env: Record<string, string> = {}): ChildProcess {
  return fork(join(import.meta.dirname, 'test/tiny-main.ts'), {
    env: { PATH: process.env.PATH, PARLEY_DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  });
}

async function ready(child: ChildProcess): Promise<string> {
  const [message] = (await once(child, 'message')) as [ReadyMessage];
  return message.addresses[0]?.url ?? '';
}

it.each(['SIGTERM', 'SIGINT'] as const)('finishes requests under way on %s, then exits 0', async (signal) => {
  const child = run();
  const url = await ready(child);
  const slow = fetch(`${url}/slow?ms=300`);
  await fetch(`${url}/healthz`);
  child.kill(signal);
  expect(await (await slow).text()).toBe('done');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

it('ends with its parent', async () => {
  const child = run();
  await ready(child);
  child.disconnect();
  expect(await once(child, 'exit')).toEqual([0, null]);
});

it('cuts off a request that has not come in whole by the deadline, and exits 0 all the same', async () => {
  const child = run({ PARLEY_DRAIN_MS: '100' });
  const { hostname, port, host } = new URL(await ready(child));
  const socket = connect(Number(port), hostname).on('error', () => {});
  const headers = `Host: ${host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue`;
  socket.write(`POST /json HTTP/1.1\r\n${headers}\r\n\r\n`);
  await once(socket, 'data');
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  socket.destroy();
});

it('that does not end although everything was closed is ended at the deadline, with 1', async () => {
  const child = run({ PARLEY_DRAIN_MS: '100', TINY_START: 'for ever' });
  await ready(child);
  const begun = performance.now();
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(performance.now() - begun).toBeLessThan(2_000);
});

it('ends at once when it is told to while it starts', async () => {
  const child = run({ TINY_START: 'never' });
  await once(child.stdout!, 'data');
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

it('that cannot start says why and exits 1, whatever was left behind', async () => {
  const child = run({ TINY_START: 'badly' });
  const [said, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
  expect(code).toBe(1);
  expect(said).toContain('tiny cannot start: there is no paper');
});

it('refuses to start on malformed settings and prints every one of them', async () => {
  const child = run({
    TINY_PORT: 'http',
    PARLEY_HOST: '0.0.0.0',
    PARLEY_DRAIN_MS: '-1',
    PARLEY_SERVICE_SECRET: 'short',
  });
  const [said, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
  expect(code).toBe(1);
  expect(said).toContain('TINY_PORT: "http" is not a whole number');
  expect(said).toContain('PARLEY_HOST: "0.0.0.0" can be reached from other machines');
  expect(said).toContain('PARLEY_DRAIN_MS: "-1" is not');
  expect(said).toContain('PARLEY_SERVICE_SECRET: each secret needs at least 32 characters');
  expect(said).not.toContain('short"');
});

it('requires a secret in production', async () => {
  const child = run({ PARLEY_MODE: 'production' });
  const [said, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
  expect(code).toBe(1);
  expect(said).toContain('PARLEY_SERVICE_SECRET: is required in production');
});

it('names the port and the setting when the port is in use', async () => {
  const server = createServer();
  const { port } = await listenTcp(server, { host: '127.0.0.1', port: 0, setting: 'none' });
  const child = run({ TINY_PORT: String(port) });
  const [said, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
  server.close();
  expect(code).toBe(1);
  expect(said).toContain(`port ${port} on 127.0.0.1 (TINY_PORT) is in use`);
});
