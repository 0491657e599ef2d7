import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { patience, range, TestClient } from './client.ts';
import { startRegistry } from './registry.ts';
import { startChat } from './start-chat.ts';

test('W8 stopping tells everybody when to come back and with which ticket, commits what was accepted, closes with 1012', async () => {
  const chat = await startChat({
    CHAT_WS_POSTS: '1000000',
    CHAT_WS_DRAIN_PER_SECOND: '20',
    CHAT_WS_DRAIN_GRACE_MS: '50',
  });
  try {
    const clients = await Promise.all(range(1, 8).map((n) => chat.guestIn('drain', `guest ${n}`)));
    const [ada] = clients as [TestClient];
    for (const n of range(1, 200)) ada.send({ type: 'post', id: n, room: 'drain', text: `${n}`, key: `${n}` });
    await ada.first('posted');
    const stopped = chat.stop();
    const drains = await Promise.all(clients.map((client) => client.first('drain')));
    const times = drains.map(({ reconnectAfterMs }) => reconnectAfterMs).sort((a, b) => a - b);
    expect(times).toEqual([0, 50, 100, 150, 200, 250, 300, 350]);
    const ends = await Promise.all(clients.map(({ closed }) => closed));
    expect(new Set(ends.map(({ code }) => code))).toEqual(new Set([1012]));
    await stopped;

    await chat.restart();
    const again = await chat.client();
    expect(await again.ask({ type: 'auth', ticket: drains[0]?.ticket })).toMatchObject({ type: 'auth_success' });
    await again.ask({ type: 'join', room: 'drain', after: 'start' });
    const acknowledged = ada.all('posted').map(({ seq }) => seq);
    expect(acknowledged.length).toBeGreaterThan(0);
    const kept = await again.seqs('drain', acknowledged.length);
    expect(kept).toEqual(range(1, kept.length));
    const texts = new Set(again.all('message').map(({ text }) => text));
    for (const { re } of ada.all('posted')) expect(texts).toContain(String(re));
  } finally {
    await chat.close();
  }
});

test('a client that does not answer the close is left behind at the deadline', async () => {
  const chat = await startChat({ PARLEY_DRAIN_MS: '2500' });
  try {
    const stuck = await chat.guestIn('stuck');
    stuck.ws.pause();
    const begun = performance.now();
    await chat.stop();
    expect(performance.now() - begun).toBeLessThan(4_000);
    stuck.ws.resume();
  } finally {
    await chat.close();
  }
});

test('a database that is stuck keeps nobody connected beyond the deadline', async () => {
  const chat = await startChat({ PARLEY_DRAIN_MS: '2500' });
  const other = new DatabaseSync(join(chat.dataDir, 'chat', 'chat.sqlite'));
  try {
    const ada = await chat.guestIn('stuck');
    other.exec('BEGIN IMMEDIATE');
    ada.send({ type: 'post', id: 'p', room: 'stuck', text: 'never stored' });
    await vi.waitFor(async () => expect(await chat.metric('parley_chat_pending_posts')).toBe(1), patience);
    const begun = performance.now();
    const stopped = chat.stop();
    expect((await ada.closed).code).toBe(1012);
    expect(performance.now() - begun).toBeLessThan(2_500);
    expect(ada.all('posted')).toEqual([]);
    expect(ada.all('error')).toMatchObject([{ re: 'p', code: 'UNAVAILABLE' }]);
    await stopped;
    expect(performance.now() - begun).toBeLessThan(2_500);
    other.exec('ROLLBACK');
  } finally {
    other.close();
    await chat.close();
  }
});

test('nobody is let in while it stops', async () => {
  const chat = await startChat({ CHAT_WS_DRAIN_GRACE_MS: '300' });
  try {
    const ada = await chat.guestIn('stopping');
    const stopped = chat.stop();
    await ada.first('drain');
    await expect(TestClient.open(chat.ws)).rejects.toThrow();
    expect(await ada.ask({ type: 'post', room: 'stopping', text: 'one more' })).toMatchObject({ type: 'posted' });
    await stopped;
    expect((await ada.closed).code).toBe(1012);
  } finally {
    await chat.close();
  }
});

test('the order: not ready, then withdrawn, and only then are clients told', async () => {
  const secret = 'r'.repeat(32);
  const seen: string[] = [];
  const registry = await startRegistry(secret, async ({ type }) => {
    if (type !== 'withdraw' || seen.includes('withdrawn')) return;
    const { status } = await fetch(`${chat.http}/readyz`);
    seen.push(`ready: ${status}`);
    // What was on its way to the client by now has come by the time this is answered.
    await ada.ask({ type: 'ping' });
    seen.push(`told: ${ada.all('drain').length}`, 'withdrawn');
  });
  const chat = await startChat({ DISCOVERY_URL: registry.url, PARLEY_SERVICE_SECRET: secret });
  const ada = await chat.guestIn('order');
  try {
    await chat.stop();
    expect(seen).toEqual(['ready: 503', 'told: 0', 'withdrawn']);
    expect((await ada.closed).code).toBe(1012);
    expect(ada.all('drain')).toHaveLength(1);
  } finally {
    await chat.close();
    await registry.close();
  }
});
