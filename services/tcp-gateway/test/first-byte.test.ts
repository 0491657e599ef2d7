import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { FrameClient } from './frame-client.ts';
import { LineClient } from './line-client.ts';
import { patience, startGateway } from './start-gateway.ts';

let folder: string;
let tls: { GATEWAY_TLS_CERT: string; GATEWAY_TLS_KEY: string };
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-tls-'));
  tls = { GATEWAY_TLS_CERT: join(folder, 'cert.pem'), GATEWAY_TLS_KEY: join(folder, 'key.pem') };
  makeCertificate('first.test');
});
afterAll(() => rmSync(folder, { recursive: true }));

function makeCertificate(name: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', tls.GATEWAY_TLS_KEY];
  const cert = ['-x509', '-days', '2', '-subj', `/CN=${name}`, '-out', tls.GATEWAY_TLS_CERT];
  execFileSync('openssl', ['req', ...key, ...cert], { stdio: 'ignore' });
}

async function secure(port: number): Promise<TLSSocket> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  return socket;
}

test('a silent client is greeted, and speaks lines from then on', async () => {
  const { port } = await startGateway({ GATEWAY_GREET_AFTER_MS: '20' });
  const client = await LineClient.connect(port);
  expect(await client.line()).toMatch(/^PARLEY 1 .*NAME.*JOIN.*HELP/);
  client.socket.write(Buffer.of(0, 0, 0, 1, 10));
  expect(await client.line()).toBe('ECHO: \0\0\0\u0001');
});

test('nothing is said before the first byte when greeting is off', async () => {
  const { port } = await startGateway();
  const client = await LineClient.connect(port);
  client.socket.end();
  expect(await client.rest()).toBe('');
});

test('lines and frames inside TLS, and the greeting', async () => {
  const { port } = await startGateway({ ...tls, GATEWAY_GREET_AFTER_MS: '20' });
  const lines = new LineClient(await secure(port));
  lines.type('NAME ada', 'JOIN lobby', 'over TLS');
  expect(await lines.saying('POSTED', 1)).toEqual(['POSTED lobby e1:1']);
  const frames = new FrameClient(await secure(port));
  expect(await frames.ask({ type: 'auth', guest: 'bob' })).toMatchObject({ type: 'auth_success' });
  const silent = new LineClient(await secure(port));
  expect(await silent.line()).toMatch(/^PARLEY 1 /);
  const plain = await LineClient.connect(port);
  plain.type('HELLO');
  expect((await plain.lines(1)).at(-1)).toBe('WORLD');
});

test('T11 a half-closed TLS client still gets its answers', async () => {
  const { port } = await startGateway(tls);
  const options = { port, host: '127.0.0.1', rejectUnauthorized: false, allowHalfOpen: true };
  const socket = connectTls(options);
  const client = new LineClient(socket);
  await once(socket, 'secureConnect');
  socket.end('NAME ada\nJOIN lobby\nlast words');
  const said = await client.rest();
  expect(said).toContain('POSTED lobby e1:1\n');
  expect(said).toContain('MESSAGE lobby 1 guest-ada-1 last words\n');
});

test('TLS without a certificate, TLS inside TLS and a broken handshake are closed', async () => {
  const { port } = await startGateway();
  const handshake = Buffer.of(0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5);
  const refused = connect(port, '127.0.0.1');
  refused
    .on('error', () => {})
    .resume()
    .write(handshake);
  await once(refused, 'close');

  const withTls = await startGateway({ ...tls, GATEWAY_TLS_HANDSHAKE_MS: '50' });
  const nested = await secure(withTls.port);
  nested
    .on('error', () => {})
    .resume()
    .write(handshake);
  const broken = connect(withTls.port, '127.0.0.1');
  broken
    .on('error', () => {})
    .resume()
    .write(handshake);
  const slow = connect(withTls.port, '127.0.0.1');
  slow
    .on('error', () => {})
    .resume()
    .write(handshake.subarray(0, 1));
  await Promise.all([nested, broken, slow].map((socket) => once(socket, 'close')));
  expect(await (await LineClient.connect(withTls.port)).ask('HELLO')).toBe('WORLD');
});

test('a changed certificate is taken over', async () => {
  const { port } = await startGateway({ ...tls, GATEWAY_TLS_CHECK_MS: '20' });
  const nameOf = async () => {
    const socket = await secure(port);
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return CN;
  };
  expect(await nameOf()).toBe('first.test');
  makeCertificate('second.test');
  await vi.waitFor(async () => expect(await nameOf()).toBe('second.test'), patience);
});

test.each([
  ['a request line', 'GET / HTTP/1.1\r\nHost: x\r\n\r\nNAME eve\nJOIN lobby\nspam\n'],
  [
    'a request line that is too long',
    `GET /${'x'.repeat(9_000)} HTTP/1.1\r\nHost: x\r\n\r\nNAME eve\nJOIN lobby\nspam\n`,
  ],
])('a browser cannot be made to type commands: %s', async (_name, request) => {
  const { port, chat } = await startGateway();
  const client = await LineClient.connect(port);
  client.socket.write(request);
  const said = await client.rest();
  expect(said).toContain('HTTP/1.1 400 Bad Request\r\n');
  expect(said).toMatch(/Connection: close\r\n\r\n.*Parley.*\n$/);
  expect(chat.got).toEqual([]);
});
