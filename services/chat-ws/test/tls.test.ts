import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { parseSettings, SettingsError } from '@parley/common/runtime/settings';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { ClientOptions } from 'ws';
import { chatWsSettings, checkChatWsSettings } from '../src/settings.ts';
import { patience, range, TestClient } from './client.ts';
import { openRaw, refusedWith } from './raw-client.ts';
import { skipOrFail } from './skip-or-fail.ts';
import { startChat } from './start-chat.ts';

/** An address of this machine that is not loopback: what comes from it is not from "this machine" for chat-ws. */
const outerAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
const noOuterAddress = 'this machine has no address but loopback';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-chat-tls-'));
  for (const name of ['first', 'second']) makeCertificate(name);
});
afterAll(() => rmSync(folder, { recursive: true }));

const pathOf = (name: string, kind: 'cert' | 'key') => join(folder, `${name}.${kind}.pem`);

function makeCertificate(name: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', pathOf(name, 'key')];
  const names = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=IP:127.0.0.1,IP:${outerAddress ?? '127.0.0.2'}`];
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...key, ...names, '-out', pathOf(name, 'cert')], {
    stdio: 'ignore',
  });
}

/** A chat-ws with the certificate `first`, as files of its own. */
async function start(env: Record<string, string> = {}) {
  for (const kind of ['cert', 'key'] as const) copyFileSync(pathOf('first', kind), pathOf('live', kind));
  const chat = await startChat({
    CHAT_WS_TLS_CERT: pathOf('live', 'cert'),
    CHAT_WS_TLS_KEY: pathOf('live', 'key'),
    ...env,
  });
  onTestFinished(() => chat.close());
  const port = Number(new URL(chat.ws).port);
  return { chat, port, plain: `http://127.0.0.1:${port}`, trust: { ca: readFileSync(pathOf('first', 'cert')) } };
}

/** A client that checks the certificate. */
async function secureClient(url: string, options: ClientOptions): Promise<TestClient> {
  const client = await TestClient.open(url, options);
  onTestFinished(() => client.ws.terminate());
  return client;
}

/** The name in the certificate that is shown now. */
async function shown(port: number): Promise<unknown> {
  const socket = await handshake(port);
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return CN;
}

async function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

test('W15 wss: a checked certificate, custom headers on the handshake, and everything else as over ws', async () => {
  const { chat, trust } = await start();
  expect(chat.ws).toMatch(/^wss:\/\/127\.0\.0\.1:\d+\/ws$/);
  const headers = { authorization: `Bearer ${chat.usersApi.token()}`, 'x-custom': 'anything' };
  const ada = await secureClient(chat.ws, { ...trust, headers, protocol: 'parley.json.v1' } as ClientOptions);
  expect(await ada.first('auth_success')).toMatchObject({ user: { guest: false } });
  await ada.ask({ type: 'join', room: 'tls' });
  for (let n = 1; n <= 20; n++) ada.send({ type: 'post', room: 'tls', text: 'x'.repeat(30_000) });
  expect(await ada.seqs('tls', 20)).toHaveLength(20);
  const ben = await secureClient(chat.ws, trust);
  await ben.ask({ type: 'auth', guest: 'ben' });
  await ben.ask({ type: 'join', room: 'tls', after: 'start' });
  expect(await ben.seqs('tls', 20)).toHaveLength(20);
  const echo = await openRaw(chat.ws.replace('/ws', '/echo'), trust);
  echo.send('over TLS');
  expect(await echo.messages(1)).toEqual(['over TLS']);
  echo.ws.close(1000, 'done');
  expect(await echo.closed).toEqual({ code: 1000, reason: 'done' });
  await expect(TestClient.open(chat.ws)).rejects.toThrow('self-signed certificate');
});

test('https on the same port, keep-alive too; over TLS 1.2, not over what is older', async () => {
  const { chat, port, trust } = await start();
  const get = async (path: string) => {
    const req = request(`https://127.0.0.1:${port}${path}`, trust).end();
    const [res] = await once(req, 'response');
    res.resume();
    return res.statusCode;
  };
  expect(await get('/api/rooms')).toBe(200);
  expect(await get('/readyz')).toBe(200);
  expect(await get('/nothing')).toBe(404);
  (await handshake(port, { maxVersion: 'TLSv1.2' })).destroy();
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  await expect(handshake(port, old)).rejects.toThrow('alert protocol version');
  expect(chat.ws).toContain(String(port));
});

test('over plain HTTP the neighbours, health and figures go on, and so does this machine', async () => {
  const { chat, port, plain } = await start();
  for (const path of ['/healthz', '/readyz', '/metrics', '/api/rooms']) {
    expect((await fetch(plain + path)).status, path).toBe(200);
  }
  expect((await fetch(`${plain}/internal/events`)).status).toBe(401);
  const link = `ws://127.0.0.1:${port}/internal/link`;
  expect(await refusedWith(link)).toBe(401);
  const authorization = `Bearer ${await chat.tokens.sign('chat-ws')}`;
  const opened = await openRaw(link, { headers: { authorization } });
  opened.ws.terminate();
  const near = await TestClient.open(`ws://127.0.0.1:${port}/ws`);
  expect(await near.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  near.ws.terminate();
});

test('from elsewhere, plain requests of clients are told to use TLS', async ({ skip }) => {
  const outer = outerAddress ?? skipOrFail(skip, noOuterAddress);
  const { port, trust } = await start({ PARLEY_HOST: outer, PARLEY_MODE: 'development' });
  const plain = `${outer}:${port}`;
  const refused = await fetch(`http://${plain}/api/rooms`);
  expect(refused.status).toBe(403);
  expect(refused.headers.get('content-type')).toContain('application/problem+json');
  expect(await refused.json()).toMatchObject({ code: 'FORBIDDEN', detail: expect.stringContaining('https://') });
  for (const path of ['/ws', '/echo', '/broadcast']) expect(await refusedWith(`ws://${plain}${path}`), path).toBe(403);
  expect(await refusedWith(`ws://${plain}/internal/link`)).toBe(401);
  expect((await fetch(`http://${plain}/internal/events`)).status).toBe(401);
  expect((await fetch(`http://${plain}/readyz`)).status).toBe(200);
  const secure = await openRaw(`wss://${plain}/echo`, trust);
  secure.send('hello');
  expect(await secure.messages(1)).toEqual(['hello']);
  secure.ws.terminate();
});

test('a trusted proxy may come over plain HTTP', async ({ skip }) => {
  const outer = outerAddress ?? skipOrFail(skip, noOuterAddress);
  const { port } = await start({
    PARLEY_HOST: outer,
    PARLEY_MODE: 'development',
    PARLEY_TRUSTED_PROXIES: outer,
  });
  expect((await fetch(`http://${outer}:${port}/api/rooms`)).status).toBe(200);
});

test('a changed certificate is taken over, renamed into place or rewritten; connections stay', async () => {
  const { chat, port, trust } = await start({ CHAT_WS_TLS_CHECK_MS: '20' });
  const ada = await secureClient(chat.ws, trust);
  await ada.ask({ type: 'auth', guest: 'ada' });
  expect(await shown(port)).toBe('first');

  for (const kind of ['cert', 'key'] as const) {
    copyFileSync(pathOf('second', kind), `${pathOf('live', kind)}.new`);
    renameSync(`${pathOf('live', kind)}.new`, pathOf('live', kind));
  }
  await vi.waitFor(async () => expect(await shown(port)).toBe('second'), patience);

  writeFileSync(pathOf('live', 'key'), readFileSync(pathOf('first', 'key')));
  writeFileSync(pathOf('live', 'cert'), readFileSync(pathOf('first', 'cert')));
  await vi.waitFor(async () => expect(await shown(port)).toBe('first'), patience);
  expect(await ada.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
});

test('W11 a slow reader over TLS: fed from the log, bounded memory, everything in order', async () => {
  const { chat, trust } = await start({
    CHAT_WS_POSTS: '1000000',
    CHAT_WS_COMMANDS: '1000000',
    CHAT_WS_BEHIND_BYTES: '65536',
    CHAT_WS_TAIL_BYTES: '1000000',
  });
  const join = async () => {
    const client = await secureClient(chat.ws, trust);
    await client.ask({ type: 'auth', guest: 'guest' });
    await client.ask({ type: 'join', room: 'busy' });
    return client;
  };
  const [ada, slow] = await Promise.all([join(), join()]);
  slow.ws.pause();
  const text = 'x'.repeat(30_000);
  const count = 600;
  for (let n = 0; n < count; n += 20) {
    for (let k = 0; k < 20; k++) ada.send({ type: 'post', room: 'busy', text });
    await ada.seqs('busy', n + 20);
    expect(await chat.metric('parley_chat_unsent_bytes')).toBeLessThan(3_000_000);
  }
  expect(await chat.metric('parley_chat_behind')).toBe(1);
  slow.ws.resume();
  expect(await slow.seqs('busy', count)).toEqual(range(1, count));
  await vi.waitFor(async () => expect(await chat.metric('parley_chat_behind')).toBe(0), patience);
  expect(slow.all('gap')).toEqual([]);
}, 60_000);

test('half-open handshakes are closed in time, count into the limits, and harm nobody', async () => {
  const { chat, port, trust } = await start({ CHAT_WS_TLS_HANDSHAKE_MS: '400', CHAT_WS_CONNECTIONS_PER_ADDRESS: '4' });
  const ada = await secureClient(chat.ws, trust);
  const hello = Buffer.of(0x16, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3);
  const half = [Buffer.alloc(0), hello, hello.subarray(0, 1)].map((bytes) => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    if (bytes.length > 0) socket.write(bytes);
    return { socket, closed: once(socket.resume(), 'close') };
  });
  await Promise.all(half.map(({ socket }) => once(socket, 'connect')));
  // Four connections of this address: the fifth is closed without a word.
  await vi.waitFor(async () => {
    const fifth = connect(port, '127.0.0.1').on('error', () => {});
    await once(fifth.resume(), 'close');
    expect(fifth.bytesRead).toBe(0);
  }, patience);
  expect(await ada.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  await Promise.all(half.map(({ closed }) => closed));
  await vi.waitFor(() => secureClient(chat.ws, trust), patience);
  expect(await chat.metric('parley_chat_limited_total')).toBeGreaterThan(0);
  const nonsense = connect(port, '127.0.0.1').on('error', () => {});
  nonsense.write(Buffer.of(0x16, 9, 9, 9, 9, 9, 9, 9));
  await once(nonsense.resume(), 'close');
  expect(await ada.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
});

test('stopping does not wait for half-open handshakes, and closes clients over TLS with 1012', async () => {
  const { chat, port, trust } = await start({ CHAT_WS_TLS_HANDSHAKE_MS: '60000' });
  const ada = await secureClient(chat.ws, trust);
  const half = connect(port, '127.0.0.1').on('error', () => {});
  half.write(Buffer.of(0x16, 3, 1));
  const silent = connect(port, '127.0.0.1').on('error', () => {});
  await Promise.all([half, silent].map((socket) => once(socket.resume(), 'connect')));
  const begun = performance.now();
  await chat.stop();
  expect((await ada.closed).code).toBe(1012);
  expect(performance.now() - begun).toBeLessThan(8_000);
});

test('both files or none, and files that can be used', async () => {
  const parse = (env: Record<string, string>) => () => parseSettings(chatWsSettings, env, checkChatWsSettings);
  expect(parse({ CHAT_WS_TLS_CERT: '/cert.pem' })).toThrow(SettingsError);
  expect(parse({ CHAT_WS_TLS_KEY: '/key.pem' })).toThrow('CHAT_WS_TLS_CERT, CHAT_WS_TLS_KEY: set both or neither');
  const [cert, key] = [pathOf('first', 'cert'), pathOf('second', 'key')];
  await expect(startChat({ CHAT_WS_TLS_CERT: '/nowhere/cert.pem', CHAT_WS_TLS_KEY: key })).rejects.toThrow(
    /CHAT_WS_TLS_CERT \(\/nowhere\/cert\.pem\) and CHAT_WS_TLS_KEY \(.*second.*\) cannot be used: ENOENT/,
  );
  await expect(startChat({ CHAT_WS_TLS_CERT: cert, CHAT_WS_TLS_KEY: key })).rejects.toThrow(
    /CHAT_WS_TLS_CERT .* cannot be used: .*mismatch/,
  );
});
