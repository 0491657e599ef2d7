import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { patience, range } from './client.ts';
import { startChat, type TestChat } from './start-chat.ts';

let chat: TestChat;
beforeAll(async () => {
  chat = await startChat();
});
afterAll(() => chat.close());

test('W3 a message reaches everybody in its room, its sender too, and nobody else', async () => {
  const [ada, ben, carl] = await Promise.all([chat.guestIn('red'), chat.guestIn('red'), chat.guestIn('blue')]);
  const posted = await ada.ask<'posted'>({ type: 'post', room: 'red', text: 'hello' });
  expect(posted).toMatchObject({ type: 'posted', room: 'red', seq: 1, duplicate: false });
  for (const client of [ada, ben]) {
    expect(await client.first('message')).toEqual({
      type: 'message',
      room: 'red',
      seq: 1,
      from: { id: expect.stringMatching(/^g_/), name: expect.stringMatching(/^guest-guest-/) },
      text: 'hello',
      at: posted.at,
    });
  }
  await carl.ask({ type: 'ping' });
  expect(carl.all('message')).toEqual([]);
});

test('data is any JSON and comes back as it went', async () => {
  const ada = await chat.guestIn('data');
  const values = [null, 0, false, '', [], { deep: [{ er: 'ü€𐍈' }] }];
  for (const data of values) await ada.ask<'posted'>({ type: 'post', room: 'data', data });
  await ada.seqs('data', values.length);
  expect(ada.all('message').map(({ data }) => data)).toEqual(values);
  for (const message of ada.all('message')) expect(message).not.toHaveProperty('text');
});

test('posts of one connection commit in the order in which they came', async () => {
  const ada = await chat.guestIn('ordered');
  const ben = await chat.guestIn('ordered');
  for (const n of range(1, 30)) ada.send({ type: 'post', id: n, room: 'ordered', text: `${n}` });
  await ben.seqs('ordered', 30);
  expect(ben.all('message').map(({ text }) => Number(text))).toEqual(range(1, 30));
  expect(ada.all('posted').map(({ re }) => re)).toEqual(range(1, 30));
});

test('what is sent before the answer to auth and join has come is worked off after them', async () => {
  const client = await chat.client();
  client.send({ type: 'auth', guest: 'eager' });
  client.send({ type: 'join', room: 'eager' });
  client.send({ type: 'post', room: 'eager', text: 'first' });
  client.send({ type: 'history', room: 'eager' });
  await client.first('history');
  expect(client.got.slice(0, 2).map(({ type }) => type)).toEqual(['auth_success', 'joined']);
  expect(await client.first('message')).toMatchObject({ text: 'first', seq: 1 });
});

test('after leaving, nothing more comes from the room', async () => {
  const [ada, ben] = await Promise.all([chat.guestIn('left'), chat.guestIn('left')]);
  await ada.ask({ type: 'post', room: 'left', text: 'one' });
  await ben.seqs('left', 1);
  expect(await ben.ask<'left'>({ type: 'leave', room: 'left' })).toMatchObject({ type: 'left', room: 'left' });
  await ada.ask({ type: 'post', room: 'left', text: 'two' });
  await ada.seqs('left', 2);
  await ben.ask({ type: 'ping' });
  expect(ben.all('message')).toHaveLength(1);
  expect(await ben.ask<'error'>({ type: 'leave', room: 'left' })).toMatchObject({ type: 'error', code: 'NOT_JOINED' });
});

test('W16 who is in the room: counted, listed, and told when it changes', async () => {
  const ada = await chat.guest('Ada');
  expect(await ada.ask<'joined'>({ type: 'join', room: 'people' })).toMatchObject({
    members: 1,
    head: 0,
    recovered: true,
  });
  const ben = await chat.guest('Ben');
  expect(await ben.ask<'joined'>({ type: 'join', room: 'people' })).toMatchObject({ members: 2 });
  expect(await ada.first('presence')).toMatchObject({ event: 'join', members: 2, user: { guest: true } });
  expect(ben.all('presence')).toEqual([]);
  const listed = await ada.ask<'members'>({ type: 'members', room: 'people' });
  expect(listed.total).toBe(2);
  expect(listed.members.map(({ name }) => name)).toEqual([
    expect.stringMatching(/^guest-ada-[a-z0-9]{4}$/),
    expect.stringMatching(/^guest-ben-[a-z0-9]{4}$/),
  ]);
  await ben.close();
  await vi.waitFor(() => expect(ada.all('presence').at(-1)).toMatchObject({ event: 'leave', members: 1 }), patience);
  expect(await ada.ask<'members'>({ type: 'members', room: 'people', page: 2 })).toMatchObject({
    members: [],
    total: 1,
  });
});

test('W16 a user with two connections is one member', async () => {
  const token = chat.usersApi.token({ id: 'u_two', name: 'two' });
  const ada = await chat.guestIn('doubles');
  const [first, second] = await Promise.all([chat.client(), chat.client()]);
  for (const client of [first, second]) {
    await client.ask({ type: 'auth', token });
    expect(await client.ask<'joined'>({ type: 'join', room: 'doubles' })).toMatchObject({ members: 2 });
  }
  await second.close();
  await first.ask({ type: 'leave', room: 'doubles' });
  await vi.waitFor(() => expect(ada.all('presence')).toHaveLength(2), patience);
  expect(ada.all('presence').map(({ event }) => event)).toEqual(['join', 'leave']);
});

test('W3 a room without clients leaves memory, its log stays', async () => {
  const ada = await chat.guestIn('kept');
  await ada.ask({ type: 'post', room: 'kept', text: 'still here' });
  const before = await chat.metric('parley_chat_rooms');
  await ada.close();
  await vi.waitFor(async () => expect(await chat.metric('parley_chat_rooms')).toBe(before - 1), patience);
  const ben = await chat.guest('ben');
  expect(await ben.ask<'members'>({ type: 'members', room: 'kept' })).toMatchObject({ members: [], total: 0 });
  expect(await ben.ask<'posted'>({ type: 'post', room: 'kept', text: 'posted from outside' })).toMatchObject({
    seq: 2,
  });
  expect(await ben.ask<'joined'>({ type: 'join', room: 'kept', after: 'start' })).toMatchObject({
    head: 2,
    recovered: true,
  });
  expect(await ben.seqs('kept', 2)).toEqual([1, 2]);
});

test('history: the newest, before, and after; `more` says whether there is more on that side', async () => {
  const ada = await chat.guestIn('past');
  for (const n of range(1, 12)) await ada.ask({ type: 'post', room: 'past', text: `${n}` });
  const part = async (query: object) => {
    const { messages, more } = await ada.ask<'history'>({ type: 'history', room: 'past', ...query });
    return [messages.map(({ seq }) => seq), more];
  };
  expect(await part({})).toEqual([range(1, 12), false]);
  expect(await part({ limit: 3 })).toEqual([[10, 11, 12], true]);
  expect(await part({ before: 4, limit: 2 })).toEqual([[2, 3], true]);
  expect(await part({ before: 4, limit: 10 })).toEqual([[1, 2, 3], false]);
  expect(await part({ after: 9, limit: 2 })).toEqual([[10, 11], true]);
  expect(await part({ after: 10 })).toEqual([[11, 12], false]);
  expect(await part({ before: 1 })).toEqual([[], false]);
  expect(await part({ after: 12 })).toEqual([[], false]);
});

test('a key makes a repeated post the same post; with other content it is a conflict', async () => {
  const ada = await chat.guestIn('keys');
  const post = { type: 'post', room: 'keys', text: 'once', key: 'k1' };
  const first = await ada.ask<'posted'>(post);
  const again = await ada.ask<'posted'>(post);
  expect(again).toMatchObject({ seq: first.seq, at: first.at, epoch: first.epoch, duplicate: true });
  expect(await ada.ask<'error'>({ ...post, text: 'twice' })).toMatchObject({ code: 'CONFLICT' });
  expect(await ada.ask<'posted'>({ ...post, key: 'k2' })).toMatchObject({ seq: 2, duplicate: false });
  await ada.seqs('keys', 2);
  const ben = await chat.guest('ben');
  expect(await ben.ask<'posted'>(post)).toMatchObject({ seq: 3, duplicate: false });
});

test('a room that does not exist is not found by who does not join it', async () => {
  const ada = await chat.guest('ada');
  for (const message of [
    { type: 'post', room: 'nowhere', text: 'x' },
    { type: 'history', room: 'nowhere' },
    { type: 'members', room: 'nowhere' },
  ]) {
    expect(await ada.ask<'error'>(message)).toMatchObject({ type: 'error', code: 'NOT_FOUND' });
  }
});
