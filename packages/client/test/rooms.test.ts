import { expect, test, vi } from 'vitest';
import { messageAt, record, startFakeServer } from './fake-server.ts';

const patience = { timeout: 10_000, interval: 5 };

async function joined(options: Parameters<Awaited<ReturnType<typeof startFakeServer>>['client']>[0] = {}) {
  const server = await startFakeServer();
  const client = server.client(options);
  const room = client.join('lobby', { after: { epoch: 'e1', seq: 3 } });
  const told = record<unknown>((listener) => {
    for (const name of ['message', 'changed', 'gap', 'reset', 'left'] as const) room.on(name, listener);
  });
  void client.connect();
  const connection = await server.accept();
  await connection.letIn();
  return { server, client, room, told, connection };
}

const seqs = (told: unknown[]) => told.map((event) => (event as { seq?: number; type: string }).seq ?? event);

test('nothing is given twice: entries, changes among them, are told apart by seq', async () => {
  const { connection, told } = await joined();
  await connection.answerJoin({ head: 5, next: 4 });
  connection.entries('lobby', 4);
  connection.send({ type: 'changed', room: 'lobby', seq: 5, of: 4, text: 'other' });
  connection.send({ type: 'changed', room: 'lobby', seq: 5, of: 4, text: 'other' });
  connection.entries('lobby', 4, 5, 6);
  await vi.waitFor(() => expect(seqs(told)).toEqual([4, 5, 6]), patience);
});

test('a hole is asked for again; what does not come then is told to be missing', async () => {
  const { connection, told } = await joined();
  await connection.answerJoin({ head: 8, next: 4 });
  connection.entries('lobby', 4, 6);
  expect((await connection.answerJoin({ head: 8, next: 5 })).after).toEqual({ epoch: 'e1', seq: 4 });
  connection.entries('lobby', 5, 6);
  await vi.waitFor(() => expect(seqs(told)).toEqual([4, 5, 6]), patience);
  connection.entries('lobby', 9);
  await connection.answerJoin({ head: 9, next: 7 });
  connection.entries('lobby', 9);
  await vi.waitFor(
    () => expect(seqs(told)).toEqual([4, 5, 6, { type: 'gap', room: 'lobby', from: 7, to: 8 }, 9]),
    patience,
  );
});

test('a gap is told, and the position is behind it', async () => {
  const { connection, told, room } = await joined();
  await connection.answerJoin({ head: 9, recovered: false, next: 4 });
  connection.send({ type: 'gap', room: 'lobby', from: 4, to: 8 });
  connection.entries('lobby', 9);
  await vi.waitFor(() => expect(seqs(told)).toEqual([{ type: 'gap', room: 'lobby', from: 4, to: 8 }, 9]), patience);
  expect((await room.joined).recovered).toBe(false);
  expect(room.position).toEqual({ epoch: 'e1', seq: 9 });
});

test('another epoch, at the join or later, is told as a reset and read from its beginning', async () => {
  const { connection, told, room } = await joined();
  await connection.answerJoin({ epoch: 'e2', head: 2, recovered: false, next: 1 });
  connection.entries('lobby', 1, 2);
  connection.send({ type: 'reset', room: 'lobby', epoch: 'e3', head: 1 });
  connection.entries('lobby', 1);
  await vi.waitFor(
    () =>
      expect(seqs(told)).toEqual([
        { type: 'reset', room: 'lobby', epoch: 'e2', head: 2 },
        1,
        2,
        { type: 'reset', room: 'lobby', epoch: 'e3', head: 1 },
        1,
      ]),
    patience,
  );
  expect(room.position).toEqual({ epoch: 'e3', seq: 1 });
});

test('a refused join is told by promise, event and loop; one that is refused for the moment is tried again', async () => {
  const { connection, told, room, client } = await joined();
  const loop = room[Symbol.asyncIterator]().next();
  const { id } = await connection.next('join');
  connection.send({ type: 'error', re: id, code: 'UNAVAILABLE', message: 'not now', retryAfterMs: 1 });
  const again = await connection.next('join');
  connection.send({ type: 'error', re: again.id, code: 'NOT_FOUND', message: 'There is no such room.' });
  await expect(room.joined).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(loop).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(told).toEqual([{ type: 'left', room: 'lobby', reason: 'NOT_FOUND' }]);
  expect(client.join('lobby').name).toBe('lobby');
});

test('a membership that the server ends is over, also after the next break', async () => {
  const { connection, told, server, room } = await joined();
  await connection.answerJoin({ head: 3 });
  connection.send({ type: 'left', room: 'lobby', reason: 'banned' });
  await vi.waitFor(() => expect(told).toEqual([{ type: 'left', room: 'lobby', reason: 'banned' }]), patience);
  connection.ws.terminate();
  const second = await server.accept();
  await second.letIn();
  void room.post('still possible').catch(() => {});
  await second.next('post');
  expect(second.received.map(({ type }) => type)).not.toContain('join');
});

test('a room that was left and joined again is given nothing of the first time', async () => {
  const { connection, told, room, client } = await joined();
  await connection.answerJoin({ head: 3 });
  await room.joined;
  room.leave();
  const next = client.join('lobby');
  const later = record<{ seq: number }>((listener) => next.on('message', listener));
  await connection.next('leave');
  connection.entries('lobby', 4);
  await connection.answerJoin({ head: 4, next: 5 });
  connection.entries('lobby', 5);
  await vi.waitFor(() => expect(later.map(({ seq }) => seq)).toEqual([5]), patience);
  expect(told).toEqual([{ type: 'left', room: 'lobby' }]);
});

test('a loop that is slower than the room keeps little and reads the rest from the history', async () => {
  const { connection, room } = await joined({ buffered: 2 });
  const given: number[] = [];
  const messages = room[Symbol.asyncIterator]();
  const take = async () => given.push((await messages.next()).value?.seq ?? 0);
  await connection.answerJoin({ head: 9, next: 4 });
  connection.entries('lobby', 4, 5, 6, 7, 8);
  await vi.waitFor(() => expect(room.position?.seq).toBe(8), patience);
  await take();
  await take();
  const taking = take();
  const { id, after } = await connection.next('history');
  expect(after).toBe(5);
  const page = { type: 'history', re: id, room: 'lobby', epoch: 'e1', more: false } as const;
  connection.send({ ...page, messages: [6, 7, 8, 9].map((seq) => messageAt('lobby', seq)) });
  await taking;
  connection.entries('lobby', 9, 10);
  for (let i = 0; i < 4; i += 1) await take();
  expect(given).toEqual([4, 5, 6, 7, 8, 9, 10]);
});

test('a loop that was so slow that the log has lost its place ends with GONE', async () => {
  const { connection, room } = await joined({ buffered: 1 });
  const messages = room[Symbol.asyncIterator]();
  await connection.answerJoin({ head: 9, next: 4 });
  connection.entries('lobby', 4, 5, 6);
  await vi.waitFor(() => expect(room.position?.seq).toBe(6), patience);
  await messages.next();
  const late = messages.next();
  const { id } = await connection.next('history');
  const page = { type: 'history', re: id, room: 'lobby', epoch: 'e1', more: false } as const;
  connection.send({ ...page, messages: [messageAt('lobby', 6)] });
  await expect(late).rejects.toMatchObject({ code: 'GONE' });
});

test('typing is told once in a while, a seen mark moves forward and is told again after a break', async () => {
  const { connection, room, server } = await joined();
  await connection.answerJoin({ head: 5, next: 4 });
  await room.joined;
  room.typing();
  room.typing();
  room.seen(4);
  room.seen(5);
  room.seen(3);
  expect(await connection.next('seen')).toMatchObject({ seq: 4 });
  expect(await connection.next('seen')).toMatchObject({ seq: 5 });
  expect(connection.received.filter(({ type }) => type === 'typing').length).toBe(1);
  connection.ws.terminate();
  const second = await server.accept();
  await second.letIn();
  await second.answerJoin({ head: 5, next: 4 });
  expect(await second.next('seen')).toMatchObject({ seq: 5 });
});

test('a loop that has fallen behind outlives an outage', async () => {
  const { connection, room, client, server } = await joined({ buffered: 1, requestMs: 1_500, postMs: 1_600 });
  const messages = room[Symbol.asyncIterator]();
  await connection.answerJoin({ head: 5, next: 4 });
  connection.entries('lobby', 4, 5);
  await vi.waitFor(() => expect(room.position?.seq).toBe(5), patience);
  await messages.next();
  const next = messages.next();
  await connection.next('history');
  connection.ws.terminate();
  const second = await server.accept();
  // By then all that has a deadline has passed it.
  await expect(client.post('lobby', 'too late')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await second.letIn();
  const { id } = await second.next('history');
  const page = { type: 'history', re: id, room: 'lobby', epoch: 'e1', more: false } as const;
  second.send({ ...page, messages: [messageAt('lobby', 5)] });
  expect((await next).value?.seq).toBe(5);
});
