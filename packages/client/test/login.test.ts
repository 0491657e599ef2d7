import { expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { ChatClient } from '../src/chat-client.ts';
import { startFakeServer } from './fake-server.ts';

const patience = { timeout: 10_000, interval: 5 };

function tokenThatLasts(ms: number, name = ''): string {
  const claims = { exp: (Date.now() + ms) / 1_000, name };
  return `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;
}

test('a refused ticket is followed by a fresh token', async () => {
  const server = await startFakeServer();
  const client = server.client({ auth: { ticket: 'old', getToken: () => 'fresh' } });
  const online = client.connect();
  expect(await (await server.accept()).refuse()).toMatchObject({ ticket: 'old' });
  expect(await (await server.accept()).letIn()).toMatchObject({ token: 'fresh' });
  await online;
});

test('4401 is followed by one try with a fresh token, then by a clear error', async () => {
  const server = await startFakeServer();
  const getToken = vi.fn(async () => `token-${getToken.mock.calls.length}`);
  const client = server.client({ auth: { getToken } });
  const online = client.connect();
  expect(await (await server.accept()).refuse()).toMatchObject({ token: 'token-1' });
  expect(await (await server.accept()).refuse()).toMatchObject({ token: 'token-2' });
  await expect(online).rejects.toMatchObject({ code: 'UNAUTHENTICATED', message: 'not with that' });
  expect(getToken).toHaveBeenCalledTimes(2);
  expect(client.state).toBe('closed');
});

test('a token that cannot be renewed is tried once', async () => {
  const server = await startFakeServer();
  const client = server.client({ auth: { token: 'bad' } });
  const online = client.connect();
  await (await server.accept()).refuse();
  await expect(online).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('the next token is shown before the last one ends', async () => {
  const server = await startFakeServer();
  const tokens = [tokenThatLasts(2_500, 'first'), tokenThatLasts(900_000, 'second')];
  const client = server.client({ auth: { getToken: () => tokens.shift() ?? 'none' } });
  const [first, second] = tokens;
  void client.connect();
  const connection = await server.accept();
  expect(await connection.letIn()).toMatchObject({ token: first });
  expect(await connection.next('refresh')).toMatchObject({ token: second });
});

test('getToken that fails is asked again', async () => {
  const server = await startFakeServer();
  const getToken = vi.fn(async () => {
    if (getToken.mock.calls.length === 1) throw new Error('the login server is away');
    return 'token';
  });
  const client = server.client({ auth: { getToken } });
  const error = new Promise((resolve) => client.on('error', resolve));
  const online = client.connect();
  expect(await error).toMatchObject({ code: 'UNAVAILABLE', cause: { message: 'the login server is away' } });
  await (await server.accept()).letIn();
  await online;
});

test('a server that does not answer is given up in time', async () => {
  const server = await startFakeServer();
  const client = server.client({ connectMs: 50, maxAttempts: 2 });
  await expect(client.connect()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: 'No connection after 2 tries: no connection in time.',
  });
  await vi.waitFor(() => expect(server.connections.every(({ closed }) => closed !== undefined)).toBe(true), patience);
});

test('closing rejects who waits for the login', async () => {
  const server = await startFakeServer();
  const client = server.client();
  const online = client.connect();
  await server.accept();
  await client.close();
  await expect(online).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test('a guest whose time is over comes again', async () => {
  const server = await startFakeServer();
  const client = server.client({ auth: { guest: 'ada' } });
  void client.connect();
  const first = await server.accept();
  await first.letIn();
  first.ws.close(4401, 'token expired');
  expect(await (await server.accept()).letIn()).toMatchObject({ guest: 'ada' });
});

test('what cannot work is refused at once', () => {
  expect(() => new ChatClient({ url: 'http://127.0.0.1', auth: { guest: 'ada' } })).toThrow(TypeError);
});

test('another WebSocket, such as that of ws, can send headers', async () => {
  class WithHeaders extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { headers: { 'x-tenant': 'blue' } });
    }
  }
  const server = await startFakeServer();
  const client = server.client({ webSocket: WithHeaders });
  const online = client.connect();
  const connection = await server.accept();
  await connection.letIn();
  await online;
  expect(connection.headers).toMatchObject({ 'x-tenant': 'blue', 'sec-websocket-protocol': 'parley.json.v1' });
  await client.close();
  await vi.waitFor(() => expect(connection.closed?.code).toBe(1000), patience);
});
