import { expect, test, vi } from 'vitest';
import type { StateChange } from '../src/chat-client.ts';
import { record, startFakeServer } from './fake-server.ts';

const patience = { timeout: 10_000, interval: 5 };

test('W13: after a break it comes back with its ticket and joins every room behind what it was given', async () => {
  const server = await startFakeServer();
  const client = server.client();
  void client.connect();
  const lobby = client.join('lobby', { after: 'start' });
  const kitchen = client.join('kitchen');
  const seen = record<{ seq: number }>((listener) => lobby.on('message', listener));
  const first = await server.accept();
  expect(await first.letIn({ ticket: 'ticket-1' })).toMatchObject({ guest: 'ada' });
  expect((await first.answerJoin({ head: 3, next: 2 })).after).toBe('start');
  expect((await first.answerJoin({ head: 7, next: 8 })).after).toBeUndefined();
  first.entries('lobby', 2, 3);
  first.send({ type: 'ticket', ticket: 'ticket-2' });
  await vi.waitFor(() => expect(seen.length).toBe(2), patience);
  first.ws.terminate();

  const second = await server.accept();
  expect(await second.letIn()).toMatchObject({ ticket: 'ticket-2' });
  expect(await second.answerJoin({ head: 5, next: 4 })).toMatchObject({
    room: 'lobby',
    after: { epoch: 'e1', seq: 3 },
  });
  expect(await second.answerJoin({ head: 7 })).toMatchObject({ room: 'kitchen', after: { epoch: 'e1', seq: 7 } });
  second.entries('lobby', 3, 4, 5);
  await vi.waitFor(() => expect(seen.map(({ seq }) => seq)).toEqual([2, 3, 4, 5]), patience);
  expect(lobby.position).toEqual({ epoch: 'e1', seq: 5 });
  expect(kitchen.position).toEqual({ epoch: 'e1', seq: 7 });
});

test('W13: what was not answered is posted again in its order, under the same keys', async () => {
  const server = await startFakeServer();
  const client = server.client();
  await Promise.all([client.connect(), server.accept().then((connection) => connection.letIn())]);
  const posted = ['a', 'b', 'c'].map((text) => client.post('lobby', text));
  const [first] = server.connections;
  const before = [await first!.answerPost(1), await first!.next('post'), await first!.next('post')];
  await posted[0];
  first!.ws.terminate();

  const second = await server.accept();
  await second.letIn();
  const again = [await second.answerPost(2), await second.answerPost(3)];
  expect(again.map(({ text, key }) => ({ text, key }))).toEqual(
    before.slice(1).map(({ text, key }) => ({ text, key })),
  );
  expect((await Promise.all(posted)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  expect(new Set(before.map(({ key }) => key)).size).toBe(3);
  expect(client.unanswered).toBe(0);
});

test('W13: a limit of tries ends it with an error, and everything that waits for it', async () => {
  const server = await startFakeServer();
  const client = server.client({ maxAttempts: 3 });
  const changes = record<StateChange>((listener) => client.on('state', listener));
  await Promise.all([client.connect(), server.accept().then((connection) => connection.letIn())]);
  const room = client.join('lobby');
  const loop = (async () => {
    for await (const _message of room);
  })();
  const post = client.post('lobby', 'never answered');
  server.stop();
  await expect(post).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('after 3 tries') });
  await expect(loop).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(room.joined).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(client.state).toBe('closed');
  expect(changes.at(-1)?.error?.code).toBe('UNAVAILABLE');
  expect(changes.filter(({ state }) => state === 'connecting').length).toBe(1 + 3);
});

test('W13: a drained server is left when it is this client’s turn, with the ticket that came', async () => {
  const server = await startFakeServer();
  const client = server.client();
  await Promise.all([client.connect(), server.accept().then((connection) => connection.letIn())]);
  const [first] = server.connections;
  first!.send({ type: 'drain', reconnectAfterMs: 30, ticket: 'ticket-of-drain' });
  const posted = client.post('lobby', 'until then it goes on');
  await first!.answerPost(1);
  await posted;
  const second = await server.accept();
  expect(await second.letIn()).toMatchObject({ ticket: 'ticket-of-drain' });
  await vi.waitFor(() => expect(first!.closed?.code).toBe(1000), patience);
});

test('W13: closed by a drained server before its turn, it does not come back before', async () => {
  const server = await startFakeServer();
  const client = server.client();
  const changes = record<StateChange>((listener) => client.on('state', listener));
  await Promise.all([client.connect(), server.accept().then((connection) => connection.letIn())]);
  server.connections[0]!.send({ type: 'drain', reconnectAfterMs: 60_000 });
  server.connections[0]!.ws.close(1012, 'restart');
  await vi.waitFor(() => expect(client.state).toBe('waiting'), patience);
  expect(changes.at(-1)?.retryMs).toBeGreaterThan(50_000);
});

test('a session that another connection has taken over does not fight for it', async () => {
  const server = await startFakeServer();
  const client = server.client();
  const changes = record<StateChange>((listener) => client.on('state', listener));
  await Promise.all([client.connect(), server.accept().then((connection) => connection.letIn())]);
  server.connections[0]!.ws.close(1000, 'resumed on another connection');
  await vi.waitFor(() => expect(client.state).toBe('closed'), patience);
  expect(changes.at(-1)?.error).toMatchObject({ code: 'CONFLICT' });
});

test('who comes back as somebody else does not repeat what may have been posted', async () => {
  const server = await startFakeServer();
  const client = server.client();
  await Promise.all([client.connect(), server.accept().then((connection) => connection.letIn({ id: 'g_1' }))]);
  const post = client.post('lobby', 'posted or not');
  await server.connections[0]!.next('post');
  server.connections[0]!.ws.terminate();
  await (await server.accept()).refuse();
  expect(await (await server.accept()).letIn({ id: 'g_2' })).toMatchObject({ guest: 'ada' });
  await expect(post).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test.each([
  [1, [1, 2, 4, 8, 16, 20, 20]],
  [0.5, [1, 1, 2, 4, 8, 10, 10]],
  [0, [0, 0, 0, 0, 0, 0, 0]],
])('W13: delays double up to a maximum and are drawn from all of it (%s)', async (drawn, delays) => {
  const server = await startFakeServer();
  const client = server.client({ random: () => drawn, maxAttempts: 8 });
  const changes = record<StateChange>((listener) => client.on('state', listener));
  server.stop();
  await expect(client.connect()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(changes.flatMap(({ retryMs }) => (retryMs === undefined ? [] : [retryMs]))).toEqual(delays);
});
