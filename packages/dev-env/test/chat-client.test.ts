import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ChatClient, type ChatOptions } from '@parley/client';
import { createSeededRandom } from '@parley/net/seeded-random';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Processes } from '../src/processes.ts';
import { register } from '../src/rest-client.ts';
import { checkLog } from './check-log.ts';
import { readLog } from './read-log.ts';
import type { Posted, Seen } from './resuming-client.ts';
import { startTestProcesses } from './start-test-processes.ts';

const patience = { timeout: 30_000, interval: 5 };

async function start(names: string[], env: Record<string, string> = {}): Promise<Processes> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-client-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  return startTestProcesses({ names, dataDir, env });
}

function chatUrl(processes: Processes): string {
  return `ws://127.0.0.1:${processes.port('CHAT_WS_PORT')}/ws`;
}

function createClient(processes: Processes, options: Partial<ChatOptions> = {}): ChatClient {
  const backoff = { baseMs: 20, maxMs: 200 };
  const client = new ChatClient({ url: chatUrl(processes), auth: { guest: 'ann' }, backoff, ...options });
  onTestFinished(() => client.close());
  return client;
}

test('W12: connects, posts, receives, changes and closes, with a token of users-api', async () => {
  const processes = await start(['udp-discovery', 'users-api', 'chat-ws']);
  // Asked for again when chat-ws cannot tell yet whether the token is good; registering works once.
  const registered = register(processes.port('USERS_API_PORT'), 'ada');
  const getToken = async () => (await registered).accessToken;
  const ada = createClient(processes, { auth: { getToken } });
  const bob = createClient(processes, { auth: { guest: 'bob' } });
  await Promise.all([ada.connect(), bob.connect()]);
  expect(ada.user).toMatchObject({ name: 'ada', guest: false });

  const room = ada.join('lobby');
  const here = bob.join('lobby');
  const told: unknown[] = [];
  for (const name of ['message', 'changed', 'typing', 'seen'] as const) here.on(name, (event) => told.push(event));
  await Promise.all([room.joined, here.joined]);
  const text = await room.post('hello');
  const data = await room.post({ n: [1, null] });
  await vi.waitFor(() => expect(told.length).toBe(2), patience);
  expect(told).toMatchObject([
    { type: 'message', seq: text.seq, text: 'hello', from: { name: 'ada' } },
    { type: 'message', seq: data.seq, data: { n: [1, null] } },
  ]);
  room.typing();
  room.seen(data.seq);
  await vi.waitFor(
    () => expect(told.slice(2)).toMatchObject([{ type: 'typing' }, { type: 'seen', seq: data.seq }]),
    patience,
  );
  const edited = await room.edit(text.seq, 'hello, all');
  const deleted = await room.delete(data.seq);
  await vi.waitFor(
    () =>
      expect(told.slice(4)).toMatchObject([
        { type: 'changed', seq: edited.seq, of: text.seq, text: 'hello, all' },
        { type: 'changed', seq: deleted.seq, of: data.seq, text: null },
      ]),
    patience,
  );
  await expect(here.edit(text.seq, 'not mine')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(here.position?.seq).toBe(deleted.seq);
  expect((await here.history({ limit: 1 })).messages).toMatchObject([{ deleted: true }]);
  expect((await here.members()).members.map(({ name }) => name)).toContain('ada');
  expect(await room.post('hello again', { key: 'mine' })).toMatchObject({ seq: 5, duplicate: false });
  expect(await room.post('hello again', { key: 'mine' })).toMatchObject({ seq: 5, duplicate: true });
  await expect(room.post('something else', { key: 'mine' })).rejects.toMatchObject({ code: 'CONFLICT' });

  const left = vi.fn();
  here.on('presence', left);
  await ada.close();
  expect(ada.state).toBe('closed');
  await vi.waitFor(() => expect(left).toHaveBeenCalledWith(expect.objectContaining({ event: 'leave' })), patience);
});

test('W13: posts and readers survive kill -9 of chat-ws, without a gap or a double', { timeout: 90_000 }, async () => {
  const processes = await start(['chat-ws'], { CHAT_WS_POSTS: '1000000', CHAT_WS_COMMANDS: '1000000' });
  const seed = randomInt(2 ** 31);
  const random = createSeededRandom(seed);
  const posted: Posted[] = [];
  const seen = new Map<string, Seen[]>();
  const complaints: unknown[] = [];
  const count = 600;

  const readers = ['listener', 'loop', 'slow loop'];
  const clients = readers.map((name) =>
    createClient(processes, { auth: { guest: 'ann' }, random, buffered: name === 'slow loop' ? 5 : 1_000 }),
  );
  for (const [i, client] of clients.entries()) {
    const reader = readers[i] as string;
    const entries: Seen[] = [];
    seen.set(reader, entries);
    const room = client.join('lobby', { after: 'start' });
    for (const name of ['gap', 'reset', 'left'] as const) room.on(name, (event) => complaints.push(event));
    client.on('error', (error) => complaints.push(error));
    const take = ({ seq, text = '' }: { seq: number; text?: string | undefined }) => {
      entries.push({ epoch: room.position?.epoch ?? '', seq, text });
    };
    if (reader === 'listener') room.on('message', take);
    else
      void (async () => {
        for await (const message of room) {
          take(message);
          if (reader === 'slow loop' && message.seq % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        }
      })().catch((thrown) => client.state === 'closed' || complaints.push(thrown));
    await client.connect();
  }
  const posts: Promise<void>[] = [];
  const post = async (i: number) => {
    const text = `post ${i}`;
    const { epoch, seq } = await (clients[i % clients.length] as ChatClient).post('lobby', text);
    posted.push({ room: 'lobby', text, epoch, seq });
  };
  const postUpTo = (end: number) => {
    while (posts.length < end) posts.push(post(posts.length));
  };

  for (const share of [0.2 + random() * 0.2, 0.6 + random() * 0.2]) {
    postUpTo(Math.floor(share * count));
    await vi.waitFor(() => expect(posted.length).toBeGreaterThanOrEqual(posts.length * 0.8), {
      ...patience,
      interval: 1,
    });
    // In the same turn, so that some are under way for certain.
    postUpTo(posts.length + count / 10);
    const killed = processes.kill('chat-ws');
    expect(clients.reduce((total, { unanswered }) => total + unanswered, 0)).toBeGreaterThan(0);
    await killed;
    await processes.start('chat-ws');
  }
  postUpTo(count);
  await Promise.all(posts);
  const log = await readLog(processes.port('CHAT_WS_PORT'), 'lobby');
  await vi.waitFor(() => {
    expect(complaints, `seed ${seed}`).toEqual([]);
    expect([...seen.values()].map(({ length }) => length)).toEqual(readers.map(() => count));
  }, patience);
  const all = [...seen].map(([client, entries]) => ({ client, room: 'lobby', entries }));
  expect(checkLog({ logs: new Map([['lobby', log]]), posted, seen: all }), `seed ${seed}`).toEqual([]);
  expect(complaints, `seed ${seed}`).toEqual([]);
  // Each client's own posts stand in the log in the order in which it made them.
  for (const [i] of clients.entries()) {
    const own = log.map(({ text }) => Number(text.slice(5))).filter((n) => n % clients.length === i);
    expect(own).toEqual(own.toSorted((a, b) => a - b));
  }
});

test('W13: a limit of tries ends it with an error when chat-ws stays away', async () => {
  const processes = await start(['chat-ws']);
  const client = createClient(processes, { maxAttempts: 3 });
  await client.connect();
  const room = client.join('lobby');
  await room.joined;
  await processes.kill('chat-ws');
  await expect(room.post('to nobody')).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('No connection after 3 tries'),
  });
  expect(client.state).toBe('closed');
});

test('W13: over a restart a guest stays who they are, and hears what was posted meanwhile', async () => {
  const processes = await start(['chat-ws']);
  const ann = createClient(processes);
  const room = ann.join('lobby');
  const texts: (string | undefined)[] = [];
  room.on('message', ({ text }) => texts.push(text));
  await ann.connect();
  await room.post('before');
  const { user } = ann;
  await processes.stop('chat-ws');
  await vi.waitFor(() => expect(ann.state).not.toBe('online'), patience);
  const posted = room.post('meanwhile');
  await processes.start('chat-ws');
  await posted;
  await vi.waitFor(() => expect(texts).toEqual(['before', 'meanwhile']), patience);
  expect(ann.user).toEqual(user);
});

test('W14: when chat-ws is frozen, the client gives the connection up', async () => {
  const processes = await start(['chat-ws'], { CHAT_WS_PING_MS: '50', CHAT_WS_PONG_MS: '30000' });
  const client = createClient(processes, { pongMs: 1_000, connectMs: 2_000 });
  const states: string[] = [];
  client.on('state', ({ state }) => states.push(state));
  await client.connect();
  const pid = processes.pid('chat-ws') as number;
  process.kill(pid, 'SIGSTOP');
  try {
    await vi.waitFor(() => expect(states).toContain('waiting'), patience);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await vi.waitFor(() => expect(states.at(-1)).toBe('online'), patience);
});

test('the example of the README runs as it is', async () => {
  const processes = await start(['chat-ws']);
  const readme = await readFile(join(import.meta.dirname, '../../client/README.md'), 'utf8');
  const [, example = ''] = /```js\n(.*?)```/s.exec(readme) ?? [];
  const code = example.replace('ws://127.0.0.1:8081/ws', chatUrl(processes));
  expect(code).not.toBe(example);
  const cwd = join(import.meta.dirname, '..');
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
    cwd,
    timeout: 15_000,
  });
  expect(stdout).toMatch(/^connecting \nonline \n1 guest-ann-\w+ hello\nclosed \n$/);
});
