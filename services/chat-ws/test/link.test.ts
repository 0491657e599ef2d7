import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { patience, range } from './client.ts';
import { TestGateway } from './gateway.ts';
import { startChat, type TestChat } from './start-chat.ts';

let chat: TestChat;
beforeAll(async () => {
  chat = await startChat({ CHAT_WS_POSTS: '20', CHAT_WS_CONNECTIONS_PER_ADDRESS: '20', CHAT_WS_MESSAGE_BYTES: '2000' });
});
afterAll(() => chat.close());

test('many sessions on one link, and each message of a room once for all of them', async () => {
  const gateway = await TestGateway.open(chat);
  const ada = await chat.guestIn('linked');
  gateway.send({ t: 'watch', room: 'linked' });
  const watching = await gateway.waitFor('watching');
  expect(watching).toMatchObject({ room: 'linked', head: 0, next: 1, recovered: true });
  for (const s of [1, 2, 3]) {
    expect(await gateway.guestIn(s, 'linked')).toMatchObject({ type: 'joined', next: 1, members: s + 1 });
  }
  const posted = await gateway.ask(2, { type: 'post', room: 'linked', text: 'from a line' });
  expect(posted).toMatchObject({ type: 'posted', seq: 1, epoch: watching.epoch });
  expect(await ada.first('message')).toMatchObject({
    text: 'from a line',
    from: { name: expect.stringContaining('guest-2') },
  });
  await ada.ask({ type: 'post', room: 'linked', text: 'from a browser' });
  expect(await gateway.entries('linked', 2)).toEqual([1, 2]);
  expect(gateway.all('entries').flatMap(({ entries }) => entries)).toMatchObject([
    { seq: 1, text: 'from a line', at: posted.type === 'posted' ? Date.parse(posted.at) : 0 },
    { seq: 2, text: 'from a browser' },
  ]);
  expect(gateway.all('out').filter(({ m }) => m.type === 'message')).toEqual([]);
  // Presence goes over the link once, for all of them.
  await vi.waitFor(() => expect(gateway.all('push')).toHaveLength(3), patience);
  gateway.send({ t: 'end', s: 3 });
  await gateway.waitFor('push', ({ m }) => m.type === 'presence' && m.event === 'leave');
  await vi.waitFor(() => expect(ada.all('presence').at(-1)).toMatchObject({ event: 'leave', members: 3 }), patience);
  gateway.ws.close();
});

test('a failure of one session is answered to it alone', async () => {
  const gateway = await TestGateway.open(chat);
  for (const s of [1, 2]) await gateway.guestIn(s, 'alone');
  gateway.send({ t: 'in', s: 1, m: { type: 'nonsense', id: 'n' } });
  gateway.send({ t: 'in', s: 1, m: 7 });
  gateway.send({ t: 'in', s: 1, m: { type: 'post', id: 'p', room: 'alone', text: 'x'.repeat(4_000) } });
  await vi.waitFor(() => {
    const errors = gateway.all('out').flatMap(({ s, m }) => (m.type === 'error' ? [[s, m.code, m.re]] : []));
    expect(errors).toEqual([
      [1, 'UNKNOWN_TYPE', 'n'],
      [1, 'BAD_MESSAGE', undefined],
      [1, 'TOO_LARGE', 'p'],
    ]);
  }, patience);
  expect(await gateway.ask(2, { type: 'ping' })).toMatchObject({ type: 'pong' });
  gateway.ws.close();
});

test('a post that has grown on its way through the gateway is not too large', async () => {
  const gateway = await TestGateway.open(chat);
  await gateway.guestIn(1, 'base64');
  const base64 = Buffer.alloc(1_990).toString('base64');
  const post = { type: 'post', room: 'base64', data: { base64 }, key: 'k'.repeat(40) } as const;
  expect(await gateway.ask(1, post)).toMatchObject({ type: 'posted' });
  gateway.ws.close();
});

test('tells which rooms there are, to who has logged in', async () => {
  const gateway = await TestGateway.open(chat);
  await gateway.guestIn(1, 'listed');
  await gateway.guestIn(2, 'listed');
  gateway.send({ t: 'rooms', n: 7, s: 1 });
  const { rooms } = await gateway.waitFor('rooms', ({ n }) => n === 7);
  expect(rooms).toContainEqual({ room: 'listed', members: 2 });
  gateway.send({ t: 'open', s: 3, address: '192.0.2.3' });
  gateway.send({ t: 'rooms', n: 8, s: 3 });
  expect(await gateway.waitFor('failed', ({ n }) => n === 8)).toMatchObject({ code: 'UNAUTHENTICATED' });
  gateway.ws.close();
});

test('auth that fails ends that session; one that is not open any more is nothing', async () => {
  const gateway = await TestGateway.open(chat);
  gateway.send({ t: 'open', s: 1, address: '192.0.2.100' });
  expect(await gateway.ask(1, { type: 'auth', token: 'nonsense' })).toMatchObject({ type: 'auth_failed' });
  expect(await gateway.waitFor('closed')).toMatchObject({ s: 1, code: 4401 });
  gateway.send({ t: 'in', s: 1, m: { type: 'ping' } });
  await gateway.guestIn(2, 'after');
  expect(await gateway.ask(2, { type: 'ping' })).toMatchObject({ type: 'pong' });
  gateway.ws.close();
});

test('W9 limits hold for each session, and for the address that the gateway reports', async () => {
  const gateway = await TestGateway.open(chat);
  await gateway.guestIn(1, 'limits');
  for (const n of range(1, 25)) gateway.send({ t: 'in', s: 1, m: { type: 'post', id: n, room: 'limits', text: 'x' } });
  await vi.waitFor(() => expect(gateway.all('out').filter(({ m }) => m.type === 'error')).toHaveLength(5), patience);
  expect(await gateway.guestIn(2, 'limits')).toMatchObject({ type: 'joined' });
  expect(await gateway.ask(2, { type: 'post', room: 'limits', text: 'x' })).toMatchObject({ type: 'posted' });
  for (const s of range(10, 30)) gateway.send({ t: 'open', s, address: '198.51.100.1' });
  expect(await gateway.waitFor('closed')).toMatchObject({ s: 30, code: 1008 });
  gateway.ws.close();
});

test('asking for rooms is a command like others, and is counted', async () => {
  const other = await startChat({ CHAT_WS_COMMANDS: '10' });
  try {
    const gateway = await TestGateway.open(other);
    gateway.send({ t: 'open', s: 1, address: '192.0.2.1' });
    await gateway.ask(1, { type: 'auth', guest: 'curious' });
    for (const n of range(1, 15)) gateway.send({ t: 'rooms', n, s: 1 });
    expect(await gateway.waitFor('failed', ({ n }) => n === 15)).toMatchObject({ code: 'RATE_LIMITED' });
    expect(gateway.all('rooms').length).toBeLessThanOrEqual(10);
    gateway.ws.close();
  } finally {
    await other.close();
  }
});

test('watching from a position gives what is behind it; reading gives parts of the log', async () => {
  const gateway = await TestGateway.open(chat);
  const ada = await chat.guestIn('read');
  for (const n of range(1, 10)) await ada.ask({ type: 'post', room: 'read', text: `${n}` });
  const { epoch } = await ada.ask<'history'>({ type: 'history', room: 'read' });
  gateway.send({ t: 'watch', room: 'read', after: { epoch, seq: 6 } });
  expect(await gateway.waitFor('watching')).toMatchObject({ epoch, head: 10, next: 7, recovered: true });
  expect(await gateway.entries('read', 4)).toEqual([7, 8, 9, 10]);
  gateway.send({ t: 'read', n: 1, room: 'read', from: 3, limit: 2 });
  gateway.send({ t: 'read', n: 2, room: 'nowhere', from: 1, limit: 2 });
  expect(await gateway.waitFor('read')).toMatchObject({
    n: 1,
    epoch,
    oldest: 1,
    head: 10,
    entries: [{ seq: 3 }, { seq: 4 }],
  });
  expect(await gateway.waitFor('failed')).toMatchObject({ n: 2, room: 'nowhere', code: 'NOT_FOUND' });

  gateway.send({ t: 'watch', room: 'read', after: { epoch: 'other', seq: 6 } });
  expect(await gateway.waitFor('watching', ({ recovered }) => !recovered)).toMatchObject({ next: 1 });
  expect(await gateway.entries('read', 14)).toEqual([...range(7, 10), ...range(1, 10)]);
  gateway.send({ t: 'unwatch', room: 'read' });
  gateway.send({ t: 'watch', room: 'nowhere' });
  expect(await gateway.waitFor('failed', ({ n }) => n === undefined)).toMatchObject({
    room: 'nowhere',
    code: 'NOT_FOUND',
  });
  await ada.ask({ type: 'post', room: 'read', text: '11' });
  gateway.send({ t: 'read', n: 3, room: 'read', from: 11, limit: 2 });
  await gateway.waitFor('read', ({ n }) => n === 3);
  expect(await gateway.entries('read', 14)).toHaveLength(14);
  gateway.ws.close();
});

test('a link that breaks: its sessions go on by their tickets on another one, without a gap', async () => {
  const first = await TestGateway.open(chat);
  first.send({ t: 'open', s: 1, address: '192.0.2.9' });
  const auth = await first.ask(1, { type: 'auth', guest: 'steady' });
  const ticket = auth.type === 'auth_success' ? auth.ticket : '';
  const joined = await first.ask(1, { type: 'join', room: 'broken' });
  const epoch = joined.type === 'joined' ? joined.epoch : '';
  first.send({ t: 'watch', room: 'broken' });
  await first.waitFor('watching');
  await first.ask(1, { type: 'post', room: 'broken', text: 'one', key: 'k1' });
  await first.entries('broken', 1);
  first.ws.terminate();

  const ada = await chat.guestIn('broken');
  await ada.ask({ type: 'post', room: 'broken', text: 'two' });
  const second = await TestGateway.open(chat);
  second.send({ t: 'watch', room: 'broken', after: { epoch, seq: 1 } });
  second.send({ t: 'open', s: 1, address: '192.0.2.9' });
  expect(await second.ask(1, { type: 'auth', ticket })).toMatchObject({ type: 'auth_success' });
  expect(await second.ask(1, { type: 'join', room: 'broken', after: { epoch, seq: 1 } })).toMatchObject({
    type: 'joined',
    recovered: true,
    next: 2,
  });
  const again = await second.ask(1, { type: 'post', room: 'broken', text: 'one', key: 'k1' });
  expect(again).toMatchObject({ type: 'posted', seq: 1, duplicate: true });
  await second.ask(1, { type: 'post', room: 'broken', text: 'three', key: 'k2' });
  expect(await second.entries('broken', 2)).toEqual([2, 3]);
  second.ws.close();
});

test('when a link closes, its people leave their rooms', async () => {
  const gateway = await TestGateway.open(chat);
  for (const s of [1, 2]) await gateway.guestIn(s, 'gone');
  const ada = await chat.guest('ada');
  expect(await ada.ask({ type: 'join', room: 'gone' })).toMatchObject({ members: 3 });
  gateway.ws.terminate();
  await vi.waitFor(
    async () => expect(await ada.ask({ type: 'members', room: 'gone' })).toMatchObject({ total: 1 }),
    patience,
  );
});

test('what cannot be read on a link ends it, and no other connection', async () => {
  const [bad, good] = await Promise.all([TestGateway.open(chat), TestGateway.open(chat)]);
  await good.guestIn(1, 'calm');
  bad.ws.send('{"t":"nonsense"}');
  expect(await bad.closed).toBe(1008);
  expect(await good.ask(1, { type: 'ping' })).toMatchObject({ type: 'pong' });
  good.ws.close();
});

test('links are drained like everybody', async () => {
  const other = await startChat();
  try {
    const gateway = await TestGateway.open(other);
    await gateway.guestIn(1, 'draining');
    const stopped = other.stop();
    expect(await gateway.waitFor('drain')).toMatchObject({ reconnectAfterMs: expect.any(Number) });
    expect(await gateway.closed).toBe(1012);
    await stopped;
  } finally {
    await other.close();
  }
});

test('a link that is not read from costs as many answers as are read at once, however many of its sessions have asked', async () => {
  const other = await startChat({ CHAT_WS_POSTS: '1000', CHAT_WS_READS: '2', CHAT_WS_READS_PER_USER: '1' });
  try {
    const ada = await other.guestIn('asking');
    for (const n of range(1, 20)) await ada.ask({ type: 'post', room: 'asking', text: `${n} `.padEnd(50_000, 'x') });
    const gateway = await TestGateway.open(other);
    const sessions = range(1, 30);
    for (const s of sessions) {
      gateway.send({ t: 'open', s, address: `192.0.2.${s}` });
      await gateway.ask(s, { type: 'auth', guest: `guest ${s}` });
    }
    gateway.ws.pause();
    for (const s of sessions) gateway.send({ t: 'in', s, m: { type: 'history', room: 'asking', id: s } });
    // Reads are given out in turns: by the end of this all of theirs could have been.
    for (const _ of range(1, 40)) await ada.ask({ type: 'history', room: 'asking' });
    expect(await other.metric('parley_chat_unsent_bytes')).toBeLessThan(4_000_000);
    gateway.ws.resume();
    const answered = () => gateway.all('out').filter(({ m }) => m.type === 'history');
    await vi.waitFor(() => expect(answered()).toHaveLength(sessions.length), { ...patience, timeout: 30_000 });
    gateway.ws.close();
  } finally {
    await other.close();
  }
}, 60_000);
