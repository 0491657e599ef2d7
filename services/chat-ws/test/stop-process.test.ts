import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { patience, range, TestClient } from './client.ts';
import { startProcess } from './start-process.ts';

const environment = { CHAT_WS_POSTS: '1000000', CHAT_WS_DRAIN_PER_SECOND: '4', CHAT_WS_DRAIN_GRACE_MS: '100' };

async function guestIn(url: string, room: string): Promise<TestClient> {
  const client = await TestClient.open(url);
  await client.ask({ type: 'auth', guest: 'ada' });
  await client.ask({ type: 'join', room });
  return client;
}

/** Posts again and again until the connection ends. */
async function postOn(client: TestClient, room: string): Promise<void> {
  for (let n = 0; client.ws.readyState === client.ws.OPEN; n++) {
    for (const part of range(1, 10)) client.send({ type: 'post', room, text: `${n}.${part}` });
    await Promise.race([client.ask({ type: 'ping' }), client.closed]);
  }
}

function storedIn(dataDir: string): number[] {
  const database = new DatabaseSync(join(dataDir, 'chat', 'chat.sqlite'), { readOnly: true });
  const rows = database.prepare('SELECT seq FROM messages ORDER BY seq').all();
  database.close();
  return rows.map(({ seq }) => Number(seq));
}

test('TERM in the middle of posts, one client stuck: everybody is told, exit 0, and what was acknowledged is stored', async () => {
  // Long enough for a busy machine to see, while posts are still taken, that it has been told.
  const chat = await startProcess({ ...environment, CHAT_WS_DRAIN_GRACE_MS: '1000' });
  try {
    const clients = await Promise.all(range(1, 4).map(() => guestIn(chat.ws, 'busy')));
    const stuck = await guestIn(chat.ws, 'busy');
    stuck.ws.pause();
    const posting = Promise.all(clients.map((client) => postOn(client, 'busy')));
    await Promise.all(clients.map((client) => client.first('posted')));
    chat.kill('SIGTERM');
    await Promise.all(clients.map((client) => client.first('drain')));
    const before = clients.map((client) => client.all('posted').length);
    expect(await chat.exited).toBe(0);
    stuck.ws.terminate();
    await posting;
    for (const client of clients) expect((await client.closed).code).toBe(1012);
    // Posts that come while it drains are taken like others.
    for (const [index, client] of clients.entries())
      expect(client.all('posted').length).toBeGreaterThan(before[index] ?? 0);
    const stored = storedIn(chat.dataDir);
    expect(stored).toEqual(range(1, stored.length));
    const acknowledged = clients.flatMap((client) => client.all('posted').map(({ seq }) => seq));
    expect(acknowledged.filter((seq) => seq > stored.length)).toEqual([]);
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
  } finally {
    await chat.close();
  }
}, 60_000);

test('a second TERM does not wait for clients, and loses nothing that was acknowledged', async () => {
  const chat = await startProcess({ ...environment, CHAT_WS_DRAIN_PER_SECOND: '1', PARLEY_DRAIN_MS: '600000' });
  try {
    // 60 s, if it waited for when the last of them is to come back.
    const clients = await Promise.all(range(1, 60).map(() => guestIn(chat.ws, 'busy')));
    const [ada] = clients as [TestClient];
    const posting = postOn(ada, 'busy');
    await ada.first('posted');
    chat.kill('SIGTERM');
    await ada.first('drain');
    chat.kill('SIGTERM');
    expect(await chat.exited).toBe(1);
    await posting;
    const stored = new Set(storedIn(chat.dataDir));
    expect(ada.all('posted').filter(({ seq }) => !stored.has(seq))).toEqual([]);
  } finally {
    await chat.close();
  }
}, 50_000);

/** A process with one post that waits for the lock of somebody else on its file, who keeps it. */
async function stuckPost(drainMs: string) {
  const chat = await startProcess({ ...environment, PARLEY_DRAIN_MS: drainMs });
  const other = new DatabaseSync(join(chat.dataDir, 'chat', 'chat.sqlite'));
  const close = async () => {
    other.close();
    await chat.close();
  };
  try {
    const ada = await guestIn(chat.ws, 'stuck');
    expect(await ada.ask({ type: 'post', room: 'stuck', text: 'stored' })).toMatchObject({ type: 'posted', seq: 1 });
    other.exec('BEGIN IMMEDIATE');
    ada.send({ type: 'post', id: 'late', room: 'stuck', text: 'never stored' });
    await vi.waitFor(async () => {
      const metrics = await (await fetch(`${chat.http}/metrics`)).text();
      expect(metrics).toMatch(/^parley_chat_pending_posts\{.*\} 1$/m);
    }, patience);
    return { chat, other, ada, close };
  } catch (err) {
    await close();
    throw err;
  }
}

test('TERM while the database is stuck for good: the post is refused, exit 0 by the deadline', async () => {
  const { chat, other, ada, close } = await stuckPost('3000');
  try {
    const begun = performance.now();
    chat.kill('SIGTERM');
    expect(await ada.first('error')).toMatchObject({ re: 'late', code: 'UNAVAILABLE' });
    expect((await ada.closed).code).toBe(1012);
    expect(await chat.exited).toBe(0);
    expect(performance.now() - begun).toBeLessThan(3_000);
    expect(ada.all('posted').map(({ seq }) => seq)).toEqual([1]);
    other.exec('ROLLBACK');
    expect(storedIn(chat.dataDir)).toEqual([1]);
  } finally {
    await close();
  }
}, 50_000);

test('a database that comes round in time takes the post after all', async () => {
  const { chat, other, ada, close } = await stuckPost('10000');
  try {
    chat.kill('SIGTERM');
    await ada.first('drain');
    other.exec('ROLLBACK');
    await vi.waitFor(() => expect(ada.all('posted')).toMatchObject([{ seq: 1 }, { re: 'late', seq: 2 }]), patience);
    expect(await chat.exited).toBe(0);
    expect(storedIn(chat.dataDir)).toEqual([1, 2]);
  } finally {
    await close();
  }
}, 50_000);
