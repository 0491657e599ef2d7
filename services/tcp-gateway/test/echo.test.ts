import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { patience, startGateway } from './start-gateway.ts';

test('T1 T11 bytes come back unchanged for every client at once, also after the writing half has ended', async () => {
  const { echoPort } = await startGateway();
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_none, n) => {
      const sent = randomBytes(10_000 * (n + 1));
      const socket = connect({ port: echoPort, host: '127.0.0.1', allowHalfOpen: true });
      socket.end(sent);
      return (await buffer(socket)).equals(sent);
    }),
  );
  expect(answers.every(Boolean)).toBe(true);
});

test('T1 a client that does not read does not grow memory, and is echoed in full when it reads', async () => {
  const { echoPort } = await startGateway();
  const deaf = connect({ port: echoPort, host: '127.0.0.1', allowHalfOpen: true });
  await once(deaf, 'connect');
  const chunk = randomBytes(1_000_000);
  const count = 40;
  for (let n = 0; n < count; n++) deaf.write(chunk);
  deaf.end();
  // What kernels do not hold stays with the client.
  await vi.waitFor(async () => {
    const left = deaf.writableLength;
    const other = connect({ port: echoPort, host: '127.0.0.1', allowHalfOpen: true });
    other.end('x');
    expect((await buffer(other)).toString()).toBe('x');
    expect(deaf.writableLength).toBe(left);
    expect(left).toBeGreaterThan(10_000_000);
  }, patience);
  expect((await buffer(deaf)).length).toBe(count * chunk.length);
});

test('T12 the echo listener ends with the service', async () => {
  const { echoPort, close } = await startGateway({ GATEWAY_CLOSE_MS: '50' });
  const socket = connect(echoPort, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('x');
  await once(socket, 'data');
  await Promise.all([close(), once(socket, 'close')]);
});
