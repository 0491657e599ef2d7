import { expect, test } from 'vitest';
import { TestGateway } from './gateway.ts';
import { startChat } from './start-chat.ts';

test('typing goes to the others in the room, once a second per connection, and has no answer', async () => {
  const chat = await startChat();
  try {
    const ada = await chat.guestIn('lobby', 'ada');
    const ben = await chat.guestIn('lobby', 'ben');
    const out = await chat.guestIn('elsewhere', 'out');
    const { user } = await ada.first('auth_success');
    ada.send({ type: 'typing', id: 't1', room: 'lobby' });
    for (let i = 0; i < 20; i++) ada.send({ type: 'typing', room: 'lobby' });
    expect(await ben.first('typing')).toEqual({ type: 'typing', room: 'lobby', user });
    await ada.ask({ type: 'ping' });
    ada.send({ type: 'post', room: 'lobby', text: 'done' });
    await ben.first('message');
    expect(ben.all('typing')).toHaveLength(1);
    expect(ada.all('typing')).toEqual([]);
    expect(ada.got.filter((message) => 're' in message && message.re === 't1')).toEqual([]);
    await out.ask({ type: 'ping' });
    expect(out.all('typing')).toEqual([]);
    expect(await out.ask({ type: 'typing', room: 'lobby' })).toMatchObject({ type: 'error', code: 'NOT_JOINED' });
  } finally {
    await chat.close();
  }
});

test('how often typing is passed on can be set', async () => {
  const chat = await startChat({ CHAT_WS_TYPING_EVERY_MS: '1' });
  try {
    const ada = await chat.guestIn('lobby', 'ada');
    const ben = await chat.guestIn('lobby', 'ben');
    ada.send({ type: 'typing', room: 'lobby' });
    await ben.first('typing');
    const since = performance.now();
    while (performance.now() - since < 2) await ada.ask({ type: 'ping' });
    ada.send({ type: 'typing', room: 'lobby' });
    await ada.ask({ type: 'post', room: 'lobby', text: 'done' });
    await ben.first('message');
    expect(ben.all('typing')).toHaveLength(2);
  } finally {
    await chat.close();
  }
});

test('over a link, typing names the session that it is not for; the gateway alone hears that it is done', async () => {
  const chat = await startChat();
  try {
    const gateway = await TestGateway.open(chat);
    const other = await TestGateway.open(chat);
    await gateway.guestIn(1, 'lobby');
    await gateway.guestIn(2, 'lobby');
    await other.guestIn(1, 'lobby');
    for (const link of [gateway, other]) {
      link.send({ t: 'watch', room: 'lobby' });
      await link.waitFor('watching');
    }
    gateway.send({ t: 'in', s: 2, m: { type: 'typing', room: 'lobby', id: 7 } });
    expect(await gateway.waitFor('done')).toEqual({ t: 'done', s: 2, re: 7 });
    expect(await gateway.waitFor('push', ({ m }) => m.type === 'typing')).toMatchObject({ room: 'lobby', except: 2 });
    const elsewhere = await other.waitFor('push', ({ m }) => m.type === 'typing');
    expect(elsewhere.except).toBeUndefined();
  } finally {
    await chat.close();
  }
});
