import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { type RoomSeen, roomSeen } from '@parley/common/contracts/room-seen';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { expect, test, vi } from 'vitest';
import { patience, range } from './client.ts';
import { TestGateway } from './gateway.ts';
import { startChat, type TestChat } from './start-chat.ts';

async function seenIn(chat: TestChat, room: string, query = ''): Promise<RoomSeen> {
  const response = await fetch(`${chat.http}/api/rooms/${room}/seen${query}`);
  expect(response.status).toBe(200);
  return roomSeen.parse(await response.json());
}

async function user(chat: TestChat, name: string) {
  const client = await chat.client();
  await client.ask({ type: 'auth', token: chat.usersApi.token({ id: `u_${name}`, name }) });
  await client.ask({ type: 'join', room: 'lobby' });
  return client;
}

describeEachDatabase('seen marks', (databases) => {
  test('are pushed, kept as the furthest, and there after a restart', async () => {
    const { databaseUrl } = await databases.create();
    const chat = await startChat(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl });
    try {
      const ada = await user(chat, 'ada');
      const ben = await user(chat, 'ben');
      const guest = await chat.guestIn('lobby', 'eve');
      for (const n of range(1, 5)) await ada.ask({ type: 'post', room: 'lobby', text: `${n}` });
      for (const seq of [1, 4, 2]) ada.send({ type: 'seen', id: `seen-${seq}`, room: 'lobby', seq });
      const about = { type: 'seen', room: 'lobby', user: { id: 'u_ada', name: 'ada', guest: false } };
      expect(await ben.first('seen')).toEqual({ ...about, seq: 4 });
      guest.send({ type: 'seen', room: 'lobby', seq: 3 });
      await ben.waitFor((got): got is typeof got & { type: 'seen' } => got.type === 'seen' && got.user.guest);
      ben.send({ type: 'seen', room: 'lobby', seq: 5 });
      await vi.waitFor(async () => expect((await seenIn(chat, 'lobby')).total).toBe(2), patience);
      expect(ada.got.filter((got) => 're' in got && `${got.re}`.startsWith('seen'))).toEqual([]);

      expect(await ada.ask({ type: 'seen', room: 'lobby', seq: 6 })).toMatchObject({ code: 'BAD_MESSAGE' });
      expect(await ada.ask({ type: 'seen', room: 'other', seq: 1 })).toMatchObject({ code: 'NOT_JOINED' });
      const first = await seenIn(chat, 'lobby', '?per_page=1');
      expect(first).toMatchObject({ page: 1, perPage: 1, total: 2 });
      expect(first.items).toMatchObject([{ user: { id: 'u_ada', name: 'ada' }, seq: 4 }]);
      expect((await seenIn(chat, 'lobby', '?per_page=1&page=2')).items).toMatchObject([
        { user: { id: 'u_ben' }, seq: 5 },
      ]);

      await chat.restart({ CHAT_WS_SEEN_GATHER_MS: '60000' });
      const again = await user(chat, 'ada');
      again.send({ type: 'seen', room: 'lobby', seq: 2 });
      const other = await user(chat, 'cleo');
      other.send({ type: 'seen', room: 'lobby', seq: 2 });
      await other.ask({ type: 'ping' });
      // What has been gathered is stored before the service ends; a mark that is behind the kept one changes nothing.
      await chat.restart();
      const marks = (await seenIn(chat, 'lobby')).items.map(({ user: { id }, seq }) => [id, seq]);
      expect(marks).toEqual([
        ['u_ada', 4],
        ['u_ben', 5],
        ['u_cleo', 2],
      ]);
    } finally {
      await chat.close();
    }
  });
});

test('marks of a room are told to who may read it', async () => {
  const chat = await startChat();
  try {
    expect((await fetch(`${chat.http}/api/rooms/nowhere/seen`)).status).toBe(404);
    await chat.guestIn('lobby', 'ada');
    expect(await seenIn(chat, 'lobby')).toEqual({ items: [], page: 1, perPage: 20, total: 0 });
    expect((await fetch(`${chat.http}/api/rooms/lobby/seen?page=0`)).status).toBe(400);
  } finally {
    await chat.close();
  }
});

test('a crowd is told neither who has seen what nor who types, and its marks can be read; below, everybody is told again', async () => {
  const chat = await startChat({ CHAT_WS_PRESENCE_DETAIL: '2', CHAT_WS_SEEN_GATHER_MS: '1' });
  try {
    const ada = await user(chat, 'ada');
    const ben = await user(chat, 'ben');
    const cleo = await user(chat, 'cleo');
    for (const n of range(1, 3)) await ada.ask({ type: 'post', room: 'lobby', text: `${n}` });
    ada.send({ type: 'typing', room: 'lobby' });
    ada.send({ type: 'seen', room: 'lobby', seq: 2 });
    await vi.waitFor(async () => expect((await seenIn(chat, 'lobby')).total).toBe(1), patience);
    expect((await seenIn(chat, 'lobby')).items).toMatchObject([{ user: { id: 'u_ada' }, seq: 2 }]);
    for (const client of [ada, ben, cleo]) {
      await client.ask({ type: 'ping' });
      expect([...client.all('seen'), ...client.all('typing')]).toEqual([]);
    }

    await cleo.ask({ type: 'leave', room: 'lobby' });
    const about = { room: 'lobby', user: { id: 'u_ben', name: 'ben', guest: false } };
    ben.send({ type: 'typing', room: 'lobby' });
    expect(await ada.first('typing')).toEqual({ type: 'typing', ...about });
    ben.send({ type: 'seen', room: 'lobby', seq: 3 });
    for (const client of [ada, ben]) expect(await client.first('seen')).toEqual({ type: 'seen', ...about, seq: 3 });
  } finally {
    await chat.close();
  }
});

test('marks told together come one by one to clients and to a gateway', async () => {
  const chat = await startChat();
  try {
    const ada = await user(chat, 'ada');
    const ben = await user(chat, 'ben');
    const gateway = await TestGateway.open(chat);
    gateway.send({ t: 'watch', room: 'lobby' });
    await gateway.waitFor('watching');
    await ada.ask({ type: 'post', room: 'lobby', text: 'read this' });
    for (const client of [ada, ben]) client.send({ type: 'seen', room: 'lobby', seq: 1 });
    const isOf = (name: string) => (got: ServerMessage) => got.type === 'seen' && got.user.name === name;
    for (const name of ['ada', 'ben']) {
      for (const client of [ada, ben]) {
        await vi.waitFor(() => expect(client.got.filter(isOf(name))).toHaveLength(1), patience);
      }
      expect(await gateway.waitFor('push', ({ m }) => isOf(name)(m))).toMatchObject({ room: 'lobby', m: { seq: 1 } });
    }
  } finally {
    await chat.close();
  }
});
