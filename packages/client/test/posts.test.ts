import { expect, test } from 'vitest';
import { startFakeServer } from './fake-server.ts';

test('W12: posts text and data, each under a key of its own, and hears where they are', async () => {
  const server = await startFakeServer();
  const client = server.client();
  void client.connect();
  const posts = [
    client.post('lobby', 'text'),
    client.post('lobby', { n: 1 }),
    client.post('lobby', null, { key: 'mine' }),
  ];
  const connection = await server.accept();
  await connection.letIn();
  const sent = [await connection.answerPost(1), await connection.answerPost(2), await connection.answerPost(3)];
  expect(sent[0]).toMatchObject({ text: 'text', key: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect(sent[1]).toMatchObject({ data: { n: 1 } });
  expect(sent[2]).toMatchObject({ data: null, key: 'mine' });
  expect((await Promise.all(posts)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
});

test('a post that is refused for the moment is repeated when the server says, before those behind it', async () => {
  const server = await startFakeServer();
  const client = server.client({ underWay: 1 });
  void client.connect();
  const posts = [client.post('lobby', 'a'), client.post('lobby', 'b')];
  const connection = await server.accept();
  await connection.letIn();
  const { id } = await connection.next('post');
  connection.send({ type: 'error', re: id, code: 'RATE_LIMITED', message: 'slower', retryAfterMs: 20 });
  expect(await connection.answerPost(1)).toMatchObject({ id, text: 'a' });
  expect(await connection.answerPost(2)).toMatchObject({ text: 'b' });
  await Promise.all(posts);
});

test('one post too many, a bad one, and one that is too large are refused with a clear error', async () => {
  const server = await startFakeServer();
  const client = server.client({ mostUnanswered: 1 });
  await expect(client.post('no such name', 'x')).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  const large = client.post('lobby', 'x'.repeat(2_000));
  await expect(client.post('lobby', 'y')).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
  void client.connect();
  await (await server.accept()).letIn();
  await expect(large).rejects.toMatchObject({ code: 'TOO_LARGE' });
});

test('a request ends with an error when its time is over, with a connection or without', async () => {
  const server = await startFakeServer();
  const client = server.client({ postMs: 30, requestMs: 30 });
  await expect(client.post('lobby', 'x')).rejects.toMatchObject({ code: 'UNAVAILABLE', message: /nothing was sent/ });
  await Promise.all([client.connect(), server.accept().then((connection) => connection.letIn())]);
  await expect(client.post('lobby', 'x')).rejects.toMatchObject({ code: 'UNAVAILABLE', message: /may have been done/ });
  await expect(client.history('lobby')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(client.unanswered).toBe(0);
});

test('edits and deletions go in order with posts, under keys of their own', async () => {
  const server = await startFakeServer();
  const client = server.client();
  void client.connect();
  const done = [
    client.post('lobby', 'helo'),
    client.edit('lobby', 1, 'hello'),
    client.delete('lobby', 1, { key: 'mine' }),
  ];
  const connection = await server.accept();
  await connection.letIn();
  await connection.answerPost(1);
  const edit = await connection.next('edit');
  const deletion = await connection.next('delete');
  expect(edit).toMatchObject({ seq: 1, text: 'hello', key: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect(deletion).toMatchObject({ seq: 1, key: 'mine' });
  connection.answer(edit, 2);
  connection.answer(deletion, 3);
  expect((await Promise.all(done)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
});
