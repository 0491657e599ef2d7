import { once } from 'node:events';
import { connect } from 'node:net';
import { createLogger } from '@parley/common/runtime/logger';
import { expect, test, vi } from 'vitest';
import { FrameClient } from './frame-client.ts';
import { LineClient } from './line-client.ts';
import { patience, startGateway } from './start-gateway.ts';

test('bad lines are answered as protocol.md says; too many end the connection, and nobody else’s', async () => {
  const { port } = await startGateway({ GATEWAY_MAX_BAD_MESSAGES: '7' });
  const other = await LineClient.in(port, 'lobby', 'other');
  const client = await LineClient.in(port, 'lobby', 'bad');
  client.type('JOIN', 'JOIN No_Room!', '/nonsense', '/leave a b', 'x'.repeat(9_000), 'HISTORY lobby many');
  client.socket.write(Buffer.of(0xff, 0xfe, 0x0a));
  expect((await client.rest()).match(/^ERROR \w+/gm)).toEqual([
    'ERROR BAD_MESSAGE',
    'ERROR BAD_MESSAGE',
    'ERROR UNKNOWN_TYPE',
    'ERROR BAD_MESSAGE',
    'ERROR TOO_LARGE',
    'ERROR BAD_MESSAGE',
    'ERROR BAD_MESSAGE',
  ]);
  expect(await other.ask('/hello')).toMatch(/^(WORLD|MESSAGE)/);
});

test('a line that is too long is skipped to its end', async () => {
  const { port } = await startGateway();
  const client = await LineClient.connect(port);
  client.type('HELLO', 'x'.repeat(50_000), 'HELLO');
  expect((await client.lines(3)).map((line) => line.slice(0, 15))).toEqual(['WORLD', 'ERROR TOO_LARGE', 'WORLD']);
});

test('T17 the error of one connection is logged with its peer and ends that connection only', async () => {
  const lines: { msg: string; peer?: { address: string; port: number }; reason?: string }[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log = createLogger({ name: 'tcp-gateway', destination });
  const { port } = await startGateway({}, log);
  const other = await LineClient.in(port, 'lobby', 'other');
  const failing = await FrameClient.in(port, 'lobby', 'failing');
  const { localPort } = failing.socket;
  failing.socket.resetAndDestroy();
  await vi.waitFor(() => {
    const failed = lines.find(({ msg }) => msg === 'a connection failed');
    expect(failed).toMatchObject({ peer: { address: '127.0.0.1', port: localPort }, reason: 'read ECONNRESET' });
  }, patience);
  expect(await other.ask('/ping')).toBe('PONG');
  expect(JSON.stringify(lines)).not.toContain('ticket-');
});

test('admission: clients over the limit per address are told so and closed; a place becomes free again', async () => {
  const { port, http } = await startGateway({ GATEWAY_MAX_CONNECTIONS_PER_IP: '2' });
  const [first, second] = [await LineClient.connect(port), await LineClient.connect(port)];
  expect([await first.ask('HELLO'), await second.ask('HELLO')]).toEqual(['WORLD', 'WORLD']);
  const third = await LineClient.connect(port);
  expect(await third.rest()).toMatch(/^ERROR LIMIT_REACHED /);
  expect(await (await fetch(`${http}/metrics`)).text()).toMatch(
    /^parley_gateway_refused_connections_total\{reason="perAddress"[^}]*\} 1$/m,
  );
  first.socket.destroy();
  await vi.waitFor(async () => expect(await (await LineClient.connect(port)).ask('HELLO')).toBe('WORLD'), patience);
});

test('admission: clients over the limit in total are closed, echo included', async () => {
  const { port, echoPort } = await startGateway({ GATEWAY_MAX_CONNECTIONS: '1' });
  const first = await LineClient.connect(port);
  expect(await first.ask('HELLO')).toBe('WORLD');
  expect(await (await LineClient.connect(port)).rest()).toMatch(/^ERROR LIMIT_REACHED /);
  const echo = connect(echoPort, '127.0.0.1');
  await once(echo.resume(), 'close');
});

test('connections that say nothing, half a frame or half a line keep nobody waiting', async () => {
  const { port } = await startGateway();
  for (const start of ['', '\0\0', 'HEL', 'POST lobby ']) {
    const client = await LineClient.connect(port);
    client.socket.write(start);
  }
  expect(await (await LineClient.connect(port)).ask('HELLO')).toBe('WORLD');
});

test('chat-ws hears whether a client said goodbye or was lost', async () => {
  const { port, chat } = await startGateway();
  const [polite, lost] = [await FrameClient.in(port, 'lobby', 'polite'), await FrameClient.in(port, 'lobby', 'lost')];
  polite.socket.end();
  await vi.waitFor(() => expect(chat.all('end')).toHaveLength(1), patience);
  lost.socket.resetAndDestroy();
  await vi.waitFor(() => expect(chat.all('end')).toHaveLength(2), patience);
  expect(chat.all('end').map(({ lost }) => lost)).toEqual([undefined, true]);
});
