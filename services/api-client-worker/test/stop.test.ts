import { describeEachDatabase, describePostgres } from '@parley/common/runtime/test-databases';
import pg from 'pg';
import { expect, test } from 'vitest';
import { messages, texts } from './support/events.ts';
import { useNetwork } from './support/network.ts';

describeEachDatabase('a worker that stops', (databases) => {
  const start = useNetwork(databases);

  test('lets deliveries end, breaks off what does not, and leaves the rest to the next one', async () => {
    const { worker, chatWs, receiver, startReceiver, startWorker } = await start({ PARLEY_DRAIN_MS: '600' });
    const stuck = await startReceiver();
    stuck.answer = () => {};
    receiver.answer = (_received, res) => void setTimeout(() => res.end(), 100);
    await worker.register({ url: receiver.url });
    await worker.register({ url: stuck.url });
    chatWs.publish(...messages(5));
    await receiver.waitFor(2);
    await stuck.waitFor(1);
    const begin = Date.now();
    await worker.close();
    expect(Date.now() - begin).toBeLessThan(2_000);
    const delivered = receiver.requests.length;
    expect(delivered).toBeLessThan(5);

    stuck.answer = (_received, res) => void res.end();
    const next = await startWorker();
    await next.waitForJobs('succeeded', 10);
    // What had an answer is not sent again; what had none is, and the broken attempt is not held against it.
    expect(receiver.texts()).toEqual(texts(5));
    expect(stuck.texts()).toEqual(['m1', ...texts(5)]);
    for (const { attemptCount } of (await next.jobs('?limit=100')).items) expect(attemptCount).toBe(1);
  });
});

describePostgres('a database that breaks every connection', (databases) => {
  const start = useNetwork(databases);

  test('loses and reorders nothing', async () => {
    const settings = { WORKER_TIMEOUT_MS: '300', WORKER_LEASE_MARGIN_MS: '200', WORKER_FEED_LIMIT: '20' };
    const { worker, chatWs, receiver, database } = await start(settings);
    await worker.register({ url: receiver.url });
    const admin = new pg.Client({ connectionString: database.databaseUrl });
    await admin.connect();
    try {
      for (let round = 0; round < 4; round += 1) {
        chatWs.publish(...messages(40, round * 40 + 1));
        await receiver.waitFor(receiver.requests.length + 15);
        await admin.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        );
      }
    } finally {
      await admin.end();
    }
    await expect.poll(() => new Set(receiver.texts()).size, { timeout: 15_000 }).toBe(160);
    const firsts = receiver.texts().filter((text, i, all) => all.indexOf(text) === i);
    expect(firsts).toEqual(texts(160));
    expect((await fetch(`${worker.url}/readyz`)).status).toBe(200);
  }, 40_000);
});
