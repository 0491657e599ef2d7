import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { range, TestClient } from './client.ts';
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
  const chat = await startProcess(environment);
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
