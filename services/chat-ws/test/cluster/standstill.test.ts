import pg from 'pg';
import { expect, test, vi } from 'vitest';
import { patience, range, TestClient } from '../client.ts';
import { secret } from '../start-chat.ts';
import { startProcess } from '../start-process.ts';
import { describeCluster } from './nats-server.ts';
import { startNodes } from './start-nodes.ts';

/** How many transactions of a database wait for who began them. */
async function idleTransactions(client: pg.Client): Promise<number> {
  const { rows } = await client.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'`,
  );
  return rows.length;
}

describeCluster('a node that stands still', (databases) => {
  test('in the middle of a transaction: others post on, and when it goes on again, everybody has the same', async () => {
    const cluster = await startNodes(databases, { count: 1, env: { CHAT_WS_STATEMENT_MS: '60000' } });
    const still = await startProcess({
      ...cluster.settings,
      PARLEY_SERVICE_SECRET: secret,
      USERS_API_URL: cluster.usersApi.url,
    });
    const client = new pg.Client(cluster.settings.DATABASE_URL);
    try {
      await client.connect();
      const reader = await cluster.at(0).guestIn('lobby', 'reader');
      const ada = await cluster.user(0, 'ada');
      await ada.ask<'joined'>({ type: 'join', room: 'lobby' });
      const there = await TestClient.open(still.ws);
      await there.ask<'auth_success'>({ type: 'auth', token: cluster.usersApi.token({ id: 'u_ben', name: 'ben' }) });
      await there.ask<'joined'>({ type: 'join', room: 'lobby' });

      let asked = 0;
      await vi.waitFor(async () => {
        still.kill('SIGCONT');
        for (let n = 0; n < 20; n++, asked++) there.send({ type: 'post', room: 'lobby', text: `there ${asked}` });
        await there.ask({ type: 'ping' });
        still.kill('SIGSTOP');
        // What was under way in the database has ended when it is idle twice.
        expect(await idleTransactions(client)).toBe(1);
        expect(await idleTransactions(client)).toBe(1);
      }, patience);

      // It holds the room, and every other post of this node waits behind those to it.
      const posted = await Promise.all(
        range(1, 5).map((n) => ada.ask<'posted'>({ type: 'post', room: 'lobby', text: `here ${n}` })),
      );
      expect(posted.map(({ type }) => type)).toEqual(range(1, 5).map(() => 'posted'));
      still.kill('SIGCONT');
      // All of its posts have an answer, though not all were stored; and it posts again.
      await vi.waitFor(async () => {
        const last = await there.ask({ type: 'post', room: 'lobby', text: 'back' });
        expect(last.type).toBe('posted');
      }, patience);
      const { seq } = await ada.ask<'posted'>({ type: 'post', room: 'lobby', text: 'the end' });
      const [first = [], second] = await Promise.all([reader.seqs('lobby', seq), there.seqs('lobby', seq)]);
      expect(first).toEqual(range(1, seq));
      expect(second).toEqual(first);
      expect(there.all('message').map(({ text }) => text)).toEqual(reader.all('message').map(({ text }) => text));
      const texts = reader.all('message').map(({ text }) => text);
      expect(new Set(texts.filter((text) => text?.startsWith('there'))).size).toBe(
        there.all('posted').length - texts.filter((text) => text === 'back').length,
      );
    } finally {
      await client.end();
      await still.close();
      await cluster.close();
    }
  });
});
