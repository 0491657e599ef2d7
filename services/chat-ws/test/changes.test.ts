import { feedPage } from '@parley/common/contracts/event-feed';
import { messagesPage } from '@parley/common/contracts/room-messages';
import { createServiceTokens } from '@parley/common/runtime/service-tokens';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { patience, type TestClient } from './client.ts';
import { TestGateway } from './gateway.ts';
import { startChat, type TestChat } from './start-chat.ts';

let chat: TestChat;
beforeAll(async () => {
  chat = await startChat({ CHAT_WS_POSTS: '20', CHAT_WS_POSTS_WINDOW_MS: '600000' });
});
afterAll(() => chat.close());

const said = (client: TestClient) =>
  client.got.flatMap((got) => {
    if (got.type === 'message') return [`${got.seq} ${got.deleted ? '(deleted)' : got.text}`];
    return got.type === 'changed' ? [`${got.seq} of ${got.of}: ${got.text ?? '(deleted)'}`] : [];
  });

const all = (client: TestClient, count: number) =>
  vi.waitFor(() => {
    const things = said(client);
    if (things.length < count) throw new Error(`${things.length} of ${count}`);
    return things;
  }, patience);

async function user(name: string): Promise<TestClient> {
  const client = await chat.client();
  await client.ask({ type: 'auth', token: chat.usersApi.token({ id: `u_${name}`, name }) });
  return client;
}

test('an edit and a deletion are told to everybody; who comes later never reads what was said before', async () => {
  const ada = await chat.guestIn('edits', 'ada');
  const bob = await chat.guestIn('edits', 'bob');
  await ada.ask({ type: 'post', room: 'edits', text: 'a slip' });
  await ada.ask({ type: 'post', room: 'edits', data: { secret: 'a secret' } });
  expect(await ada.ask({ type: 'edit', room: 'edits', seq: 1, text: 'mended' })).toMatchObject({
    type: 'posted',
    seq: 3,
    duplicate: false,
  });
  expect(await ada.ask({ type: 'delete', room: 'edits', seq: 2 })).toMatchObject({ type: 'posted', seq: 4 });
  expect((await all(bob, 4)).slice(2)).toEqual(['3 of 1: mended', '4 of 2: (deleted)']);

  const now = ['1 mended', '2 (deleted)', '3 of 1: mended', '4 of 2: (deleted)'];
  // From memory, and, when everybody has left, from the log.
  const late = await chat.guest('late');
  await late.ask({ type: 'join', room: 'edits', after: 'start' });
  expect(await all(late, 4)).toEqual(now);
  for (const client of [ada, bob, late]) await client.close();
  const last = await chat.guest('last');
  await last.ask({ type: 'join', room: 'edits', after: 'start' });
  expect(await all(last, 4)).toEqual(now);
  expect(JSON.stringify([...late.got, ...last.got])).not.toMatch(/a slip|a secret/);
});

test('changes keep their place among the posts of a connection', async () => {
  const ada = await chat.guestIn('pipelined');
  ada.send({ type: 'post', room: 'pipelined', text: 'a' });
  ada.send({ type: 'edit', room: 'pipelined', seq: 1, text: 'b' });
  ada.send({ type: 'post', room: 'pipelined', text: 'c' });
  ada.send({ type: 'delete', room: 'pipelined', seq: 3 });
  ada.send({ type: 'edit', room: 'pipelined', seq: 1, text: 'd' });
  const things = await all(ada, 5);
  expect(things.map((thing) => Number.parseInt(thing, 10))).toEqual([1, 2, 3, 4, 5]);
  expect(things.slice(3)).toEqual(['4 of 3: (deleted)', '5 of 1: d']);
});

test('one changes one’s own messages; who moderates deletes anybody’s, and edits nobody else’s', async () => {
  const owner = await user('owner');
  await owner.ask({ type: 'join', room: 'rights' });
  const ada = await user('ada');
  const bob = await user('bob');
  await ada.ask({ type: 'post', room: 'rights', text: 'ada’s' });
  await ada.ask({ type: 'post', room: 'rights', text: 'ada’s second' });
  const code = async (client: TestClient, message: object) => {
    const answer = await client.ask({ room: 'rights', ...message });
    return answer.type === 'error' ? answer.code : answer.type;
  };
  expect(await code(bob, { type: 'edit', seq: 1, text: 'bob’s' })).toBe('FORBIDDEN');
  expect(await code(bob, { type: 'delete', seq: 1 })).toBe('FORBIDDEN');
  expect(await code(owner, { type: 'edit', seq: 1, text: 'the owner’s' })).toBe('FORBIDDEN');
  expect(await code(owner, { type: 'delete', seq: 1 })).toBe('posted');
  expect(await code(ada, { type: 'edit', seq: 1, text: 'too late' })).toBe('NOT_FOUND');
  expect(await code(ada, { type: 'delete', seq: 99 })).toBe('NOT_FOUND');
  expect(await code(ada, { type: 'delete', seq: 3 })).toBe('NOT_FOUND');
  expect(await code(ada, { type: 'delete', seq: 2, room: 'no-such-room' })).toBe('NOT_FOUND');
  expect(await code(ada, { type: 'edit', seq: 2, text: 'still ada’s' })).toBe('posted');
});

test('a key makes a repeated change the same change', async () => {
  const ada = await chat.guestIn('keys');
  await ada.ask({ type: 'post', room: 'keys', text: 'a' });
  const erase = { type: 'delete', room: 'keys', seq: 1, key: 'k' };
  const first = await ada.ask<'posted'>(erase);
  expect(await ada.ask<'posted'>(erase)).toMatchObject({ seq: first.seq, at: first.at, duplicate: true });
  expect(await ada.ask({ ...erase, type: 'edit', text: 'b' })).toMatchObject({ type: 'error', code: 'CONFLICT' });
});

test('history is of messages, as they read now, with changes in between', async () => {
  const ada = await chat.guestIn('history');
  for (const text of ['a', 'b', 'c']) await ada.ask({ type: 'post', room: 'history', text });
  await ada.ask({ type: 'edit', room: 'history', seq: 1, text: 'A' });
  await ada.ask({ type: 'delete', room: 'history', seq: 2 });
  await ada.ask({ type: 'post', room: 'history', text: 'd' });
  await ada.ask({ type: 'edit', room: 'history', seq: 6, text: 'D' });
  const page = async (wanted: object) => {
    const { messages, more } = await ada.ask<'history'>({ type: 'history', room: 'history', ...wanted });
    return [messages.map(({ seq, text, deleted }) => `${seq} ${deleted ? '(deleted)' : text}`), more];
  };
  const every = ['1 A', '2 (deleted)', '3 c', '6 D'];
  expect(await page({})).toEqual([every, false]);
  expect(await page({ limit: 2 })).toEqual([every.slice(2), true]);
  expect(await page({ before: 3, limit: 2 })).toEqual([every.slice(0, 2), false]);
  expect(await page({ after: 0, limit: 4 })).toEqual([every, false]);
  expect(await page({ after: 0, limit: 3 })).toEqual([every.slice(0, 3), true]);
  expect(await page({ after: 3 })).toEqual([['6 D'], false]);
  expect(await page({ after: 6 })).toEqual([[], false]);
  const res = await fetch(`${chat.http}/api/rooms/history/messages?after=1&limit=2`);
  const body = messagesPage.parse(await res.json());
  expect(body).toMatchObject({
    messages: [
      { seq: 2, deleted: true },
      { seq: 3, text: 'c' },
    ],
    more: true,
  });
});

test('a change counts as a post', async () => {
  const ada = await chat.guestIn('rate');
  await ada.ask({ type: 'post', room: 'rate', text: 'a' });
  for (let n = 1; n < 20; n++) await ada.ask({ type: 'edit', room: 'rate', seq: 1, text: `${n}` });
  expect(await ada.ask({ type: 'delete', room: 'rate', seq: 1 })).toMatchObject({ code: 'RATE_LIMITED' });
  expect(await ada.ask({ type: 'edit', room: 'rate', seq: 1, text: 'b' })).toMatchObject({ code: 'RATE_LIMITED' });
});

test('a gateway is given changes as entries, and reads of the log as it is now', async () => {
  const gateway = await TestGateway.open(chat);
  await gateway.guestIn(1, 'by-link');
  gateway.send({ t: 'watch', room: 'by-link' });
  await gateway.waitFor('watching');
  await gateway.ask(1, { type: 'post', room: 'by-link', text: 'a secret' });
  expect(await gateway.ask(1, { type: 'delete', room: 'by-link', seq: 1, key: 'k' })).toMatchObject({ seq: 2 });
  await gateway.entries('by-link', 2);
  gateway.send({ t: 'read', n: 1, room: 'by-link', from: 1, limit: 10 });
  expect(await gateway.waitFor('read')).toMatchObject({
    entries: [
      { seq: 1, deleted: true },
      { seq: 2, of: 1, deleted: true },
    ],
  });
  gateway.ws.close();
});

test('the feed has changes, and a message that was deleted before it was delivered comes without its content', async () => {
  const ada = await chat.guestIn('feed');
  await ada.ask({ type: 'post', room: 'feed', text: 'a secret' });
  await ada.ask({ type: 'delete', room: 'feed', seq: 1 });
  const token = await createServiceTokens(chat.keys, 'api-client-worker').sign('chat-ws');
  const res = await fetch(`${chat.http}/internal/events?limit=1000`, { headers: { authorization: `Bearer ${token}` } });
  const { events } = feedPage.parse(await res.json());
  const about = events.filter(({ data }) => 'room' in data && data.room === 'feed');
  expect(about.slice(-2)).toMatchObject([
    { type: 'message.posted', data: { seq: 1, deleted: true } },
    { type: 'message.changed', data: { seq: 2, of: 1, text: null, by: { id: expect.stringMatching(/^g_/) } } },
  ]);
  expect(JSON.stringify(about)).not.toContain('a secret');
});
