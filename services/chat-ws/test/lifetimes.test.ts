import { expect, onTestFinished, test, vi } from 'vitest';
import { patience, type TestClient } from './client.ts';
import { startChat, type TestChat } from './start-chat.ts';

async function start(env: Record<string, string>): Promise<TestChat> {
  const chat = await startChat({ CHAT_WS_RETENTION_EVERY_MS: '20', CHAT_WS_PING_MS: '100', ...env });
  onTestFinished(() => chat.close());
  return chat;
}

const post = (client: TestClient, text: string, key?: string) =>
  client.ask<'posted'>({ type: 'post', room: 'lobby', text, key });

async function byTicket(chat: TestChat, ticket: string) {
  const client = await chat.client();
  return { client, answer: await client.ask<'auth_success' | 'auth_failed'>({ type: 'auth', ticket }) };
}

test('messages older than CHAT_WS_KEEP_MS are read by nobody any more, and the room goes on', async () => {
  const chat = await start({ CHAT_WS_KEEP_MS: '1000' });
  const ada = await chat.guestIn('lobby');
  const { epoch } = await post(ada, 'old');
  await post(ada, 'old too');
  // Of a room that is in use, the latest messages are in memory.
  await ada.close();
  const ben = await chat.guest('ben');
  const history = () => ben.ask<'history'>({ type: 'history', room: 'lobby' });
  await vi.waitFor(async () => expect((await history()).messages).toEqual([]), patience);
  const after = { epoch, seq: 1 };
  expect(await ben.ask({ type: 'join', room: 'lobby', after })).toMatchObject({ epoch, recovered: false, head: 2 });
  expect(await post(ben, 'new')).toMatchObject({ type: 'posted', seq: 3 });
  expect(await ben.seqs('lobby', 1)).toEqual([3]);
  expect(ben.all('gap')).toEqual([{ type: 'gap', room: 'lobby', from: 2, to: 2 }]);
});

test('a key that is repeated within CHAT_WS_KEEP_KEYS_MS gives the first post, and later another one', async () => {
  const chat = await start({ CHAT_WS_KEEP_KEYS_MS: '1000' });
  const ada = await chat.guestIn('lobby');
  const [first, again] = await Promise.all([post(ada, 'once', 'k'), post(ada, 'once', 'k')]);
  expect(first).toMatchObject({ seq: 1, duplicate: false });
  expect(again).toMatchObject({ seq: 1, duplicate: true });
  const another = { seq: 2, duplicate: false };
  await vi.waitFor(async () => expect(await post(ada, 'once', 'k')).toMatchObject(another), {
    ...patience,
    interval: 100,
  });
});

test('a ticket is good for CHAT_WS_TICKET_MS; who has come by it stays', async () => {
  const chat = await start({ CHAT_WS_TICKET_MS: '2000' });
  const ada = await chat.client();
  const { ticket } = await ada.ask<'auth_success'>({ type: 'auth', guest: 'ada' });
  const { client, answer } = await byTicket(chat, ticket);
  expect(answer).toMatchObject({ type: 'auth_success' });
  const refused = { type: 'auth_failed', code: 'UNAUTHENTICATED' };
  const tryAgain = async () => expect((await byTicket(chat, ticket)).answer).toMatchObject(refused);
  await vi.waitFor(tryAgain, { ...patience, interval: 200 });
  expect(await client.ask({ type: 'join', room: 'lobby' })).toMatchObject({ type: 'joined' });
});

test('a guest stays for CHAT_WS_GUEST_MS and is not back by its ticket; a user stays', async () => {
  const chat = await start({ CHAT_WS_GUEST_MS: '300' });
  const user = await chat.client();
  await user.ask({ type: 'auth', token: chat.usersApi.token() });
  const guest = await chat.client();
  const { ticket } = await guest.ask<'auth_success'>({ type: 'auth', guest: 'gus' });
  expect(await guest.closed).toEqual({ code: 4401, reason: 'token expired' });
  expect((await byTicket(chat, ticket)).answer).toMatchObject({ type: 'auth_failed', code: 'UNAUTHENTICATED' });
  expect(await user.ask({ type: 'join', room: 'lobby' })).toMatchObject({ type: 'joined' });
});
