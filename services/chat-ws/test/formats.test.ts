import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { patience, range } from './client.ts';
import { FormatClient, formats } from './format-client.ts';
import { startChat, type TestChat } from './start-chat.ts';

const unlimited = { CHAT_WS_POSTS: '1000000', CHAT_WS_POSTS_PER_USER: '1000000', CHAT_WS_POSTS_PER_ADDRESS: '1000000' };

let chat: TestChat;
beforeAll(async () => {
  chat = await startChat(unlimited);
});
afterAll(() => chat.close());

const texts = ['hello', '', 'two\nlines\r', 'back\\slash \\n', 'tab\tbell\u0007', 'grüße 𐍈', ' spaced '];

test('clients of every format in one room see the same content in the same order', async () => {
  const clients = await Promise.all(formats.map((format) => FormatClient.in(chat, format, 'mixed')));
  const [json, text, binary] = clients as [FormatClient, FormatClient, FormatClient];
  for (const content of texts) json.post('mixed', content);
  for (const n of range(1, 20)) {
    text.post('mixed', `line ${n} \\n`);
    binary.post('mixed', `bytes ${n}\n`);
  }
  const count = texts.length + 40;
  for (const { client } of clients) await client.seqs('mixed', count);
  const seen = json.contents('mixed');
  expect(seen.map(({ seq }) => seq)).toEqual(range(1, count));
  expect(seen.map(({ text }) => text).filter((content) => texts.includes(content ?? ''))).toEqual(texts);
  expect(text.contents('mixed')).toEqual(seen);
  expect(binary.contents('mixed')).toEqual(seen);
});

test('clients of every format are told of edits and deletions in the order of the log', async () => {
  const clients = await Promise.all(formats.map((format) => FormatClient.in(chat, format, 'edited')));
  const author = await chat.guestIn('edited');
  const posted = await Promise.all(
    ['one', 'two'].map((text) => author.ask<'posted'>({ type: 'post', room: 'edited', text })),
  );
  const [one, two] = posted.map(({ seq }) => seq) as [number, number];
  await author.ask({ type: 'edit', room: 'edited', seq: one, text: 'one\nmore' });
  await author.ask({ type: 'edit', room: 'edited', seq: two, text: '' });
  await author.ask({ type: 'delete', room: 'edited', seq: two });
  for (const client of clients) {
    await vi.waitFor(
      () =>
        expect(client.changes('edited')).toEqual([
          { seq: 3, of: one, text: 'one\nmore' },
          { seq: 4, of: two, text: '' },
          { seq: 5, of: two, text: null },
        ]),
      patience,
    );
    expect(client.contents('edited').map(({ seq }) => seq)).toEqual([1, 2]);
  }
});

test.each(formats)(
  '%s: who comes back with a position gets what it missed, in order, then what comes',
  async (format) => {
    const room = `resume-${format}`;
    const [ada, ben] = [await chat.guestIn(room), await FormatClient.in(chat, format, room)];
    const { epoch } = await ada.ask<'posted'>({ type: 'post', room, text: '1' });
    await ben.client.seqs(room, 1);
    await ben.client.close();
    for (const n of range(2, 40)) ada.send({ type: 'post', room, text: `${n}` });
    await ada.seqs(room, 40);
    const again = await FormatClient.open(chat, format);
    await again.login({ guest: 'ben' });
    expect(await again.join(room, { epoch, seq: 1 })).toEqual({ epoch, seq: 40 });
    ada.send({ type: 'post', room, text: '41' });
    await again.client.seqs(room, 40);
    expect(again.contents(room)).toEqual(range(2, 41).map((n) => ({ seq: n, text: `${n}` })));
    const told = again.client.got.filter(({ type }) => type === 'joined' || type === 'message');
    expect(told[0]?.type).toBe('joined');
  },
);

test.each(formats)(
  '%s: a slow reader is caught up from the log, and told the gap when that was trimmed',
  async (format) => {
    const other = await startChat({
      ...unlimited,
      CHAT_WS_BEHIND_BYTES: '65536',
      CHAT_WS_TAIL_BYTES: '500000',
      CHAT_WS_WAITING_POSTS: '100000',
      CHAT_WS_KEEP_ENTRIES: '20',
      CHAT_WS_RETENTION_EVERY_MS: '20',
    });
    try {
      const room = 'busy';
      const [ada, slow] = [await other.guestIn(room), await FormatClient.in(other, format, room)];
      slow.client.ws.pause();
      const text = 'x'.repeat(30_000);
      const count = 600;
      for (let n = 0; n < count; n += 20) {
        for (const _ of range(1, 20)) ada.send({ type: 'post', room, text });
        await ada.seqs(room, n + 20);
      }
      await vi.waitFor(async () => {
        const { messages } = await ada.ask<'history'>({ type: 'history', room, limit: 100 });
        expect(messages).toHaveLength(20);
      }, patience);
      expect(await other.metric('parley_chat_behind')).toBe(1);
      slow.client.ws.resume();
      await vi.waitFor(() => expect(slow.contents(room).at(-1)?.seq).toBe(count), { ...patience, timeout: 30_000 });
      const gaps = slow.client.all('gap');
      expect(gaps).toHaveLength(1);
      const { from, to } = gaps[0]!;
      expect(to).toBe(count - 20);
      expect(slow.contents(room).map(({ seq }) => seq)).toEqual([...range(1, from - 1), ...range(to + 1, count)]);
      await ada.ask({ type: 'post', room, text: 'live again' });
      await vi.waitFor(
        () => expect(slow.contents(room).at(-1)).toEqual({ seq: count + 1, text: 'live again' }),
        patience,
      );
    } finally {
      await other.close();
    }
  },
  60_000,
);

test('drain: each format is told when to come back, and gets in with its ticket in any other', async () => {
  const other = await startChat({ ...unlimited, CHAT_WS_DRAIN_GRACE_MS: '50' });
  try {
    const clients = await Promise.all(formats.map((format) => FormatClient.in(other, format, 'drain')));
    const stopped = other.stop();
    const drains = await Promise.all(clients.map(({ client }) => client.first('drain')));
    for (const { client } of clients) expect((await client.closed).code).toBe(1012);
    await stopped;
    await other.restart();
    for (const [index, { ticket }] of drains.entries()) {
      const again = await FormatClient.open(other, formats[(index + 1) % formats.length]!);
      await again.login({ ticket: ticket ?? '' });
      const { user } = await again.client.first('auth_success');
      expect(user.name).toMatch(new RegExp(`^guest-${formats[index]}-`));
    }
  } finally {
    await other.close();
  }
});
