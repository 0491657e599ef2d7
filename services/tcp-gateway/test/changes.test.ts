import { expect, test } from 'vitest';
import { FrameClient } from './frame-client.ts';
import { LineClient } from './line-client.ts';
import { patience, startGateway } from './start-gateway.ts';

const oneLink = { GATEWAY_LINKS: '1' };

test('changes are told in frames and lines, and who comes later is never given what was said before', async () => {
  const { port, chat } = await startGateway(oneLink);
  const frames = await FrameClient.in(port, 'lobby', 'frames');
  const lines = await LineClient.in(port, 'lobby', 'lines');
  for (const text of ['a secret', 'a slip']) await frames.ask({ type: 'post', room: 'lobby', text });
  await lines.saying('MESSAGE', 2);
  expect(await frames.ask({ type: 'edit', room: 'lobby', seq: 2, text: 'mended' })).toMatchObject({ seq: 3 });
  expect(await frames.ask({ type: 'delete', room: 'lobby', seq: 1 })).toMatchObject({ type: 'posted', seq: 4 });
  expect(await frames.some('changed', 2)).toEqual([
    { type: 'changed', room: 'lobby', seq: 3, of: 2, text: 'mended' },
    { type: 'changed', room: 'lobby', seq: 4, of: 1, text: null },
  ]);
  expect(await lines.saying('CHANGED', 2)).toEqual(['CHANGED lobby 3 2 mended', 'CHANGED lobby 4 1']);

  const late = await FrameClient.connect(port);
  await late.ask({ type: 'auth', guest: 'late' });
  await late.ask({ type: 'join', room: 'lobby', after: 'start' });
  expect(await late.some('message', 2)).toMatchObject([
    { seq: 1, deleted: true },
    { seq: 2, text: 'mended' },
  ]);
  expect(await late.some('changed', 2)).toMatchObject([
    { of: 2, text: 'mended' },
    { of: 1, text: null },
  ]);
  expect(JSON.stringify(late.got)).not.toMatch(/a secret|a slip/);
  // All of it was in the gateway's memory.
  expect(chat.all('read')).toEqual([]);
});

test('who has come after a deletion is not given what the gateway has in memory from before it', async () => {
  const { port, chat } = await startGateway(oneLink);
  await LineClient.in(port, 'lobby', 'early');
  chat.post('lobby', 'a secret');
  const room = chat.room('lobby');
  // It is committed, and on its way to this gateway.
  const { entry } = room.change({ id: 'g_else', name: 'else' }, { of: 1, text: null });
  const late = await FrameClient.connect(port);
  await late.ask({ type: 'auth', guest: 'late' });
  expect(await late.ask({ type: 'join', room: 'lobby', after: 'start' })).toMatchObject({ head: 2 });
  expect(await late.some('message', 1)).toMatchObject([{ seq: 1, deleted: true }]);
  chat.tell(room, [entry]);
  chat.post('lobby', 'on it goes');
  expect(await late.some('message', 2)).toMatchObject([{ deleted: true }, { seq: 3, text: 'on it goes' }]);
  expect(JSON.stringify(late.got)).not.toContain('a secret');
});

test('a change has a key when it leaves the gateway, so that repeating it on another link cannot make it twice', async () => {
  const { port, chat } = await startGateway(oneLink);
  const client = await FrameClient.in(port, 'lobby');
  await client.ask({ type: 'post', room: 'lobby', text: 'a' });
  let isBroken = false;
  chat.intercept = (message, link) => {
    if (isBroken || message.t !== 'in' || (message.m as { type?: string }).type !== 'edit') return false;
    isBroken = true;
    // It is committed, and never answered.
    const { key } = message.m as { key: string };
    const { entry } = chat.room('lobby').change(link.sessions.get(message.s)!.person!, { of: 1, text: 'b', key });
    chat.tell(chat.room('lobby'), [entry]);
    link.break();
    return true;
  };
  const edited = await client.ask({ type: 'edit', room: 'lobby', seq: 1, text: 'b' });
  expect(edited).toMatchObject({ type: 'posted', seq: 2, duplicate: false });
  await expect.poll(() => client.some('changed', 1), patience).toMatchObject([{ seq: 2, of: 1, text: 'b' }]);
  expect(chat.room('lobby').head).toBe(2);
});
