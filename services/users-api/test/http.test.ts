import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { clientConfig } from '@parley/common/contracts/client-config';
import { listenTcp } from '@parley/common/runtime/listen';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  expectProblem,
  PASSWORD,
  registration,
  startSharedUsersApi,
  startUsersApi,
  type TestApi,
  temporaryPlace,
} from './start-users-api.ts';

const ORIGIN = 'https://app.example.org';

let dataDir: string;
let api: TestApi;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-users-'));
  api = await startSharedUsersApi({ dataDir }, { PARLEY_ORIGINS: ORIGIN });
});
afterAll(async () => {
  await api.service.close();
  await rm(dataDir, { recursive: true });
});

test('H1 GET / greets as text', async () => {
  const response = await api.request('GET', '/');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/plain');
  expect((await response.text()).split('\n')[0]).toBe('Hello, World!');
});

test('H19 the greeting knows the user agent', async () => {
  const response = await api.request('GET', '/', { headers: { 'user-agent': 'Tester/7' } });
  expect(await response.text()).toContain('You came with Tester/7.');
  expect(response.headers.get('vary')).toContain('User-Agent');
});

test.each(['', 'Host: no host\r\n'])('H1 tells its own address to who names none: %j', async (header) => {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname).end(`GET / HTTP/1.0\r\n${header}\r\n`);
  expect(await text(socket)).toContain(`curl ${api.url}/api/auth/register`);
});

test('H8 every answer has a request id and security headers, and long ones are compressed', async () => {
  const response = await api.request('GET', '/', { headers: { 'x-request-id': 'r-1' } });
  expect(response.headers.get('x-request-id')).toBe('r-1');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(response.headers.has('x-powered-by')).toBe(false);
  const metrics = await api.request('GET', '/metrics', { headers: { 'accept-encoding': 'gzip' } });
  expect(metrics.headers.get('content-encoding')).toBe('gzip');
  expect(await metrics.text()).toContain('parley_passwords_waiting{service="users-api"} 0');
});

test('H8 pages of allowed origins may call, also to read an error; others may not', async () => {
  const preflight = await api.request('OPTIONS', '/api/users/me', {
    headers: { origin: ORIGIN, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'if-match' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe(ORIGIN);
  expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
  expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('if-match');
  const broken = await api.request('POST', '/api/auth/login', { body: '{', headers: { origin: ORIGIN } });
  expect(broken.headers.get('access-control-allow-origin')).toBe(ORIGIN);
  expect(broken.headers.get('access-control-expose-headers')).toContain('ETag');
  const stranger = await api.request('GET', '/', { headers: { origin: 'https://evil.example.org' } });
  expect(stranger.headers.has('access-control-allow-origin')).toBe(false);
});

test('H10 what cannot be read is told without the inside', async () => {
  const malformed = await api.request('POST', '/api/auth/login', { body: '{"username":' });
  await expectProblem(malformed, 400, 'BAD_MESSAGE');
  const large = await api.request('POST', '/api/auth/login', {
    body: { username: 'x'.repeat(1 << 20), password: 'x' },
  });
  await expectProblem(large, 413, 'TOO_LARGE');
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const largeForm = await api.request('POST', '/api/auth/login', { body: 'a='.padEnd(1 << 21, 'x'), headers: form });
  await expectProblem(largeForm, 413, 'TOO_LARGE');
  const encoding = { 'content-encoding': 'unknown' };
  await expectProblem(
    await api.request('POST', '/api/auth/login', { body: '{}', headers: encoding }),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  );
});

test.each([
  ['/', 'GET'],
  ['/api/auth/register', 'POST'],
  ['/api/users', 'GET, POST'],
  ['/api/users/me', 'GET, PUT, PATCH, DELETE'],
  ['/api/auth/sessions/s', 'GET, DELETE'],
])('H14 %s takes %s and says so to OPTIONS and to another method', async (path, methods) => {
  const response = await fetch(`${api.url}${path}`, { method: 'PROPFIND' });
  expect(response.headers.get('allow')).toContain(methods);
  await expectProblem(response, 405, 'METHOD_NOT_ALLOWED');
  const options = await api.request('OPTIONS', path);
  expect([options.status, options.headers.get('allow')]).toEqual([204, response.headers.get('allow')]);
});

test.each([
  '/api/keys',
  '/api/auth/token',
  '/api/users/me/avatar',
  '/admin/dashboard',
  '/static/',
  '/api/hooks/users',
  '/docs',
])('%s is not there yet', async (path) => {
  await expectProblem(await api.request('GET', path), 404, 'NOT_FOUND');
});

test('the configuration tells public addresses where they are set, else those at the host that was asked', async () => {
  const own = await startUsersApi(await temporaryPlace(), {
    PARLEY_TRUSTED_PROXIES: '127.0.0.1/32',
    CHAT_WS_PUBLIC_URL: 'https://chat.example.org',
    WORKER_URL: 'http://10.0.0.7:9999',
    DISCOVERY_PUBLIC_URL: 'https://example.org/discovery',
  });
  const headers = { 'x-forwarded-host': 'parley.example.org:9000', 'x-forwarded-proto': 'https' };
  const response = await own.request('GET', '/api/config', { headers });
  expect(clientConfig.parse(await response.json()).services).toEqual({
    'users-api': 'https://parley.example.org:9000',
    'chat-ws': 'https://chat.example.org',
    'api-client-worker': 'https://parley.example.org:9999',
    'udp-discovery': 'https://example.org/discovery',
  });
});

test('H18 requests under way finish when the service stops, and no new one is taken', async () => {
  const own = await startUsersApi(await temporaryPlace(), { USERS_HASH_CONCURRENCY: '1' });
  await own.register('ada');
  const login = () => own.request('POST', '/api/auth/login', { body: { username: 'ada', password: PASSWORD } });
  const underWay = [login(), login(), login()];
  const metrics = async () => (await own.request('GET', '/metrics')).text();
  await expect.poll(metrics).toMatch(/parley_passwords_waiting\{[^}]*\} [12]/);
  const closed = own.service.close();
  expect((await Promise.all(underWay)).map(({ status }) => status)).toEqual([200, 200, 200]);
  await closed;
  await expect(own.request('GET', '/healthz')).rejects.toThrow('fetch failed');
});

test('a port in use is named with its setting', async () => {
  const server = createServer();
  const { port } = await listenTcp(server, { host: '127.0.0.1', port: 0, setting: 'none' });
  const starting = startUsersApi(await temporaryPlace(), { USERS_API_PORT: String(port) });
  await expect(starting).rejects.toThrow(`port ${port} on 127.0.0.1 (USERS_API_PORT) is in use`);
  server.close();
});

test('a second process on the same files refuses to start', async () => {
  await expect(startUsersApi({ dataDir })).rejects.toThrow('is in use by another process of this service');
  const body = registration('still-there');
  expect((await api.request('POST', '/api/auth/register', { body })).status).toBe(201);
});
