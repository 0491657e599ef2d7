import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { patience, range, type TestClient } from './client.ts';
import { TestGateway } from './gateway.ts';
import { startChat, type TestChat } from './start-chat.ts';

/** So long that nobody's grace is over while a test runs. */
let chat: TestChat;
/** So short that it is over in a moment. */
let brief: TestChat;

beforeAll(async () => {
  chat = await startChat({ CHAT_WS_PRESENCE_GRACE_MS: '600000', CHAT_WS_CONNECTIONS_PER_ADDRESS: '1000' });
  brief = await startChat({ CHAT_WS_PRESENCE_GRACE_MS: '20', CHAT_WS_PRESENCE_DETAIL: '3' });
});
afterAll(async () => {
  await chat.close();
  await brief.close();
});

type PresencePush = Extract<ServerMessage, { type: 'presence' }>;

const told = (client: TestClient) => client.all('presence').map(({ event, user }) => `${event} ${user?.name ?? ''}`);

const left = (client: TestClient, name: string) =>
  client.waitFor((got): got is PresencePush => {
    return got.type === 'presence' && got.event === 'leave' && got.user?.name === name;
  });

async function join(on: TestChat, room: string, name: string) {
  const client = await on.client();
  const { user, ticket } = await client.ask<'auth_success'>({ type: 'auth', guest: name });
  await client.ask<'joined'>({ type: 'join', room });
  return { client, ticket, name: user.name };
}

test('a connection that is cut and resumed is neither a leave nor a join; a goodbye is one at once', async () => {
  const { client: watcher } = await join(chat, 'steady', 'watcher');
  const ada = await join(chat, 'steady', 'ada');
  ada.client.ws.terminate();
  await ada.client.closed;
  await vi.waitFor(async () => expect(await chat.metric('parley_chat_absent')).toBe(1), patience);
  expect(await watcher.ask({ type: 'members', room: 'steady' })).toMatchObject({ total: 2 });

  const again = await chat.client();
  await again.ask({ type: 'auth', ticket: ada.ticket });
  expect(await again.ask({ type: 'join', room: 'steady' })).toMatchObject({ members: 2 });
  expect(await chat.metric('parley_chat_absent')).toBe(0);
  await again.close();
  await left(watcher, ada.name);
  expect(told(watcher)).toEqual([`join ${ada.name}`, `leave ${ada.name}`]);
});

test('a resume while the older session is still there, behind a link, shows nothing either', async () => {
  const { client: watcher } = await join(chat, 'from-link', 'watcher');
  const gateway = await TestGateway.open(chat);
  gateway.send({ t: 'open', s: 1, address: '192.0.2.1' });
  const older = await gateway.ask(1, { type: 'auth', guest: 'ada' });
  await gateway.ask(1, { type: 'join', room: 'from-link' });
  const [name, ticket] = older.type === 'auth_success' ? [older.user.name, older.ticket] : [];
  const newer = await chat.client();
  await newer.ask({ type: 'auth', ticket });
  expect(await gateway.waitFor('closed')).toMatchObject({ s: 1, code: 1000 });
  await newer.ask({ type: 'join', room: 'from-link' });
  expect(await watcher.ask({ type: 'members', room: 'from-link' })).toMatchObject({ total: 2 });
  expect(told(watcher)).toEqual([`join ${name}`]);
  gateway.ws.terminate();
});

test('a resume while the older session is still there shows nothing, and so does one by a link', async () => {
  const { client: watcher } = await join(chat, 'moving', 'watcher');
  const ada = await join(chat, 'moving', 'ada');
  const second = await chat.client();
  const { ticket } = await second.ask<'auth_success'>({ type: 'auth', ticket: ada.ticket });
  expect(await ada.client.closed).toMatchObject({ code: 1000 });
  await second.ask({ type: 'join', room: 'moving' });

  const gateway = await TestGateway.open(chat);
  gateway.send({ t: 'open', s: 1, address: '192.0.2.1' });
  const resumed = await gateway.ask(1, { type: 'auth', ticket });
  await gateway.ask(1, { type: 'join', room: 'moving' });
  gateway.ws.terminate();
  await vi.waitFor(async () => expect(await chat.metric('parley_chat_absent')).toBe(1), patience);
  const other = await TestGateway.open(chat);
  other.send({ t: 'open', s: 7, address: '192.0.2.1' });
  await other.ask(7, { type: 'auth', ticket: resumed.type === 'auth_success' ? resumed.ticket : '' });
  await other.ask(7, { type: 'join', room: 'moving' });
  expect(await watcher.ask({ type: 'members', room: 'moving' })).toMatchObject({ total: 2 });
  expect(told(watcher)).toEqual([`join ${ada.name}`]);

  // The gateway says whether its client said goodbye.
  other.send({ t: 'end', s: 7, lost: true });
  await vi.waitFor(async () => expect(await chat.metric('parley_chat_absent')).toBe(1), patience);
  expect(told(watcher)).toEqual([`join ${ada.name}`]);
  other.send({ t: 'open', s: 8, address: '192.0.2.1' });
  const last = await other.ask(8, { type: 'auth', ticket: resumed.type === 'auth_success' ? resumed.ticket : '' });
  expect(last).toMatchObject({ type: 'auth_success' });
  await other.ask(8, { type: 'join', room: 'moving' });
  other.send({ t: 'end', s: 8 });
  await left(watcher, ada.name);
});

test('who does not come back has left when the grace is over, and the room leaves memory', async () => {
  const { client: watcher } = await join(brief, 'brief', 'watcher');
  const ada = await join(brief, 'brief', 'ada');
  ada.client.ws.terminate();
  await left(watcher, ada.name);
  watcher.ws.terminate();
  await vi.waitFor(async () => {
    expect(await brief.metric('parley_chat_rooms')).toBe(0);
    expect(await brief.metric('parley_chat_absent')).toBe(0);
  }, patience);
});

test('leaving a room is told at once', async () => {
  const { client: watcher } = await join(chat, 'bye', 'watcher');
  const ada = await join(chat, 'bye', 'ada');
  await ada.client.ask({ type: 'leave', room: 'bye' });
  await left(watcher, ada.name);
});

test('W16 pages of who is in a room are of one list: nobody is missed or named twice while others come and go', async () => {
  const gateway = await TestGateway.open(chat);
  await Promise.all(range(1, 250).map((s) => gateway.guestIn(s, 'crowd')));
  const reader = await chat.guest('reader');
  const page = (n: number) => reader.ask<'members'>({ type: 'members', room: 'crowd', page: n });
  const first = await page(1);
  for (const s of range(1, 50)) await gateway.ask(s, { type: 'leave', room: 'crowd' });
  await gateway.guestIn(300, 'crowd');
  const pages = [first, await page(2), await page(3)];
  expect(pages.map(({ members, total }) => [members.length, total])).toEqual([
    [100, 250],
    [100, 250],
    [50, 250],
  ]);
  expect(new Set(pages.flatMap(({ members }) => members.map(({ id }) => id))).size).toBe(250);
  // Begun anew, it is of who is there now: in a crowd, a moment ago.
  await vi.waitFor(async () => expect(await page(1)).toMatchObject({ total: 201 }), patience);
  gateway.ws.close();
});

test('a crowd is told its number; when it is none any more, people', async () => {
  const { client: watcher } = await join(brief, 'square', 'watcher');
  const others = [];
  for (const name of ['a', 'b', 'c']) others.push(await join(brief, 'square', name));
  const count = await watcher.waitFor((got): got is PresencePush => got.type === 'presence' && got.members === 4);
  expect(count).toEqual({ type: 'presence', room: 'square', members: 4 });
  const last = others[2]!;
  await last.client.ask({ type: 'leave', room: 'square' });
  expect(await left(watcher, last.name)).toMatchObject({ members: 3 });
});
