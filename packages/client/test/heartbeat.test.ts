import { expect, test, vi } from 'vitest';
import { startFakeServer } from './fake-server.ts';

const patience = { timeout: 10_000, interval: 5 };

test('W14: it pings when it hears nothing, and stays as long as it is answered', async () => {
  const server = await startFakeServer();
  const client = server.client({ pongMs: 5_000 });
  void client.connect();
  const connection = await server.accept();
  await connection.letIn({ heartbeatMs: 20 });
  for (let i = 0; i < 3; i += 1) {
    const { id } = await connection.next('ping');
    connection.send({ type: 'pong', re: id });
  }
  expect(client.state).toBe('online');
  expect(server.connections.length).toBe(1);
});

test('W14: a connection on which a ping is not answered is given up, and it comes back on another', async () => {
  const server = await startFakeServer();
  const client = server.client({ pongMs: 30 });
  void client.connect();
  const silent = await server.accept();
  await silent.letIn({ heartbeatMs: 20 });
  await silent.next('ping');
  const next = await server.accept();
  await next.letIn({ heartbeatMs: 0 });
  await vi.waitFor(() => expect(client.state).toBe('online'), patience);
  await vi.waitFor(() => expect(silent.closed?.code).toBe(4408), patience);
});
