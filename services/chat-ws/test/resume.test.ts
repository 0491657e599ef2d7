import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { patience, range } from './client.ts';
import { startChat, type TestChat } from './start-chat.ts';

const unlimited = { CHAT_WS_POSTS: '1000000' };

let chat: TestChat;
beforeAll(async () => {
  chat = await startChat(unlimited);
});
afterAll(() => chat.close());

test('W11 who comes back with a position gets what it missed, in order, then what comes', async () => {
  const [ada, ben] = await Promise.all([chat.guestIn('resume'), chat.guestIn('resume')]);
  for (const n of range(1, 5)) ada.send({ type: 'post', room: 'resume', text: `${n}` });
  await ben.seqs('resume', 5);
  const { epoch } = await ada.ask<'posted'>({ type: 'post', room: 'resume', text: '6' });
  await ben.close();
  for (const n of range(7, 40)) ada.send({ type: 'post', room: 'resume', text: `${n}` });
  await ada.seqs('resume', 40);
  const again = await chat.guest('ben');
  const after = { epoch, seq: 5 };
  const joined = await again.ask<'joined'>({ type: 'join', room: 'resume', after });
  expect(joined).toMatchObject({ epoch, head: 40, recovered: true, next: 6 });
  for (const n of range(41, 50)) ada.send({ type: 'post', room: 'resume', text: `${n}` });
  expect(await again.seqs('resume', 45)).toEqual(range(6, 50));
  expect(again.got.find(({ type }) => type === 'joined' || type === 'message')).toEqual(joined);
});

test('a position of another epoch, or beyond the head, is not recovered: the log from its first entry', async () => {
  const ada = await chat.guestIn('elsewhere');
  for (const n of range(1, 3)) await ada.ask({ type: 'post', room: 'elsewhere', text: `${n}` });
  const { epoch } = await ada.ask<'history'>({ type: 'history', room: 'elsewhere' });
  for (const after of [
    { epoch: 'another', seq: 2 },
    { epoch, seq: 4 },
  ]) {
    const ben = await chat.guest('ben');
    const joined = await ben.ask<'joined'>({ type: 'join', room: 'elsewhere', after });
    expect(joined).toMatchObject({ epoch, head: 3, recovered: false });
    expect(await ben.seqs('elsewhere', 3)).toEqual([1, 2, 3]);
  }
});

test('joining again moves to the new place', async () => {
  const ada = await chat.guestIn('again');
  const { epoch } = await ada.ask<'posted'>({ type: 'post', room: 'again', text: '1' });
  await ada.ask({ type: 'post', room: 'again', text: '2' });
  expect(await ada.seqs('again', 2)).toEqual([1, 2]);
  expect(await ada.ask({ type: 'join', room: 'again', after: { epoch, seq: 1 } })).toMatchObject({ members: 1 });
  expect(await ada.seqs('again', 3)).toEqual([1, 2, 2]);
  await ada.ask({ type: 'join', room: 'again' });
  await ada.ask({ type: 'post', room: 'again', text: '3' });
  expect(await ada.seqs('again', 4)).toEqual([1, 2, 2, 3]);
});

test('W11 what the log has trimmed is told as a gap', async () => {
  const other = await startChat({ ...unlimited, CHAT_WS_KEEP_ENTRIES: '10', CHAT_WS_RETENTION_EVERY_MS: '20' });
  try {
    const ada = await other.guestIn('trimmed');
    const { epoch } = await ada.ask<'posted'>({ type: 'post', room: 'trimmed', text: '1' });
    for (const n of range(2, 30)) ada.send({ type: 'post', room: 'trimmed', text: `${n}` });
    await ada.seqs('trimmed', 30);
    await ada.close();
    await vi.waitFor(async () => {
      const reader = await other.guest('reader');
      const { messages } = await reader.ask<'history'>({ type: 'history', room: 'trimmed', limit: 100 });
      expect(messages).toHaveLength(10);
    }, patience);
    const ben = await other.guest('ben');
    expect(await ben.ask({ type: 'join', room: 'trimmed', after: { epoch, seq: 5 } })).toMatchObject({
      recovered: false,
    });
    expect(await ben.seqs('trimmed', 10)).toEqual(range(21, 30));
    expect(ben.all('gap')).toEqual([{ type: 'gap', room: 'trimmed', from: 6, to: 20 }]);
    const carl = await other.guest('carl');
    expect(await carl.ask({ type: 'join', room: 'trimmed', after: 'start' })).toMatchObject({
      recovered: true,
      next: 21,
    });
    expect(await carl.seqs('trimmed', 10)).toEqual(range(21, 30));
    expect(carl.all('gap')).toEqual([]);
  } finally {
    await other.close();
  }
});

test('W11 what was trimmed while others were in the room is not said to be recovered', async () => {
  const other = await startChat({ ...unlimited, CHAT_WS_KEEP_ENTRIES: '10', CHAT_WS_RETENTION_EVERY_MS: '20' });
  try {
    const ada = await other.guestIn('used');
    const { epoch } = await ada.ask<'posted'>({ type: 'post', room: 'used', text: '1' });
    for (const n of range(2, 30)) ada.send({ type: 'post', room: 'used', text: `${n}` });
    await ada.seqs('used', 30);
    await vi.waitFor(async () => {
      const { messages } = await ada.ask<'history'>({ type: 'history', room: 'used', limit: 100 });
      expect(messages).toHaveLength(10);
    }, patience);
    const ben = await other.guest('ben');
    const join = { type: 'join', room: 'used', after: { epoch, seq: 5 } };
    expect(await ben.ask(join)).toMatchObject({ recovered: false });
    expect(await ben.ask({ ...join, after: 'start' })).toMatchObject({ recovered: true, next: 21 });
    expect(await ben.ask({ ...join, after: { epoch, seq: 20 } })).toMatchObject({ recovered: true, next: 21 });
  } finally {
    await other.close();
  }
});

test('a restart keeps rooms, history, keys and positions', async () => {
  const other = await startChat(unlimited);
  try {
    const ada = await other.client();
    const token = other.usersApi.token({ name: 'ada' });
    const { ticket } = await ada.ask<'auth_success'>({ type: 'auth', token });
    await ada.ask({ type: 'join', room: 'lobby' });
    for (const n of range(1, 20)) await ada.ask({ type: 'post', room: 'lobby', text: `${n}`, key: `k${n}` });
    const { epoch } = await ada.ask<'history'>({ type: 'history', room: 'lobby' });
    await other.restart();
    const again = await other.client();
    expect(await again.ask({ type: 'auth', ticket })).toMatchObject({ type: 'auth_success', user: { name: 'ada' } });
    expect(await again.ask({ type: 'post', room: 'lobby', text: '7', key: 'k7' })).toMatchObject({
      seq: 7,
      duplicate: true,
    });
    const joined = await again.ask<'joined'>({ type: 'join', room: 'lobby', after: { epoch, seq: 12 } });
    expect(joined).toMatchObject({ epoch, head: 20, recovered: true });
    await again.ask({ type: 'post', room: 'lobby', text: '21' });
    expect(await again.seqs('lobby', 9)).toEqual(range(13, 21));
    const { messages } = await again.ask<'history'>({ type: 'history', room: 'lobby', limit: 100 });
    expect(messages.map(({ text }) => text)).toEqual(range(1, 21).map(String));
  } finally {
    await other.close();
  }
});
