import { connect } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { patience } from './client.ts';
import { restOf } from './rest-calls.ts';
import { startChat, type TestChat } from './start-chat.ts';

/** That many lists of that many rooms take SQLite's one connection some seconds. */
const [rooms, waiting] = [20_000, 300];

let chat: TestChat;
let rest: ReturnType<typeof restOf>;

beforeAll(async () => {
  chat = await startChat({ CHAT_WS_WAITING_READS: String(waiting) });
  rest = restOf(chat);
  await rest.create('ada', 'lobby');
  // The service shares this thread: who waited inside SQLite for its lock would keep it from ending its transaction.
  const database = new DatabaseSync(`${chat.dataDir}/chat/chat.sqlite`, { timeout: 0 });
  const fill = () =>
    database.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rooms})
    INSERT INTO rooms (name, epoch, visibility, head, oldest, stored, created_by, created_by_name, created_at)
    SELECT 'room' || i, 'e' || i, 'public', 0, 1, 1, 'u', 'u', 0 FROM n`);
  await vi.waitFor(fill, patience);
  database.close();
});
afterAll(() => chat.close());

/** One connection that asks for all of this at once. */
function pipeline(requests: number, path: string, headers = '') {
  let got = '';
  const socket = connect(Number(new URL(chat.http).port), '127.0.0.1');
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    got += chunk;
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`.repeat(requests));
  return {
    closed: new Promise<void>((resolve) => socket.once('close', () => resolve())),
    answers: (status: number) => got.split(`HTTP/1.1 ${status} `).length - 1,
    got: () => got,
    end: () => socket.destroy(),
  };
}

test('nobody waits for an address that asks for the list of rooms by many connections', async () => {
  const flood = Array.from({ length: 40 }, () => pipeline(16, '/api/rooms?per_page=1'));
  const limited = () => chat.metric('parley_chat_limited_total', 'limit="reads_waiting"');
  // All of them have come: what may wait does, two are under way, and the rest is refused.
  await vi.waitFor(async () => expect(await limited()).toBeGreaterThan(200), patience);
  const ada = await rest.joined('ada', 'lobby');
  expect(await ada.ask({ type: 'post', room: 'lobby', text: 'hello' })).toMatchObject({ type: 'posted', seq: 1 });
  for (const path of ['', '/lobby', '/lobby/members', '/lobby/seen', '/lobby/messages'])
    expect(await rest.call('ada', 'GET', path)).toMatchObject({ status: 200 });
  expect(await rest.create('ada', 'den')).toMatchObject({ status: 201 });
  const answered = flood.reduce((sum, { answers }) => sum + answers(200), 0);
  for (const { end } of flood) end();
  // Said in reads, as the machine may be a slow one: each of these eight waited for a few of the flood's, not for all of them.
  expect(answered).toBeLessThan(waiting / 2);
});

test('one connection with thousands of requests is ended, and holds up no post', async () => {
  const bob = await rest.joined('bob', 'lobby');
  const flood = pipeline(5_000, '/api/rooms?per_page=100');
  await flood.closed;
  const startedAt = performance.now();
  expect(await bob.ask({ type: 'post', room: 'lobby', text: 'hi' })).toMatchObject({ type: 'posted' });
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  expect(await chat.metric('parley_http_pipelining_ended_total')).toBe(1);
});

test.each(['', '/lobby', '/lobby/members', '/lobby/messages', '/lobby/seen'])(
  'who has too many reads of /api/rooms%s waiting is refused more',
  async (path) => {
    await chat.restart({ CHAT_WS_WAITING_READS: '1', CHAT_WS_READS_PER_USER: '1' });
    const bob = pipeline(10, `/api/rooms${path}`, `Authorization: Bearer ${rest.tokenOf('bob')}\r\n`);
    await vi.waitFor(() => expect(bob.answers(200) + bob.answers(429)).toBe(10), patience);
    bob.end();
    expect(bob.answers(200)).toBeGreaterThanOrEqual(2);
    expect(bob.answers(429)).toBeGreaterThan(0);
    expect(bob.got()).toMatch(/Retry-After: 1\r\n/);
    expect(bob.got()).toContain('"code":"RATE_LIMITED"');
  },
);
