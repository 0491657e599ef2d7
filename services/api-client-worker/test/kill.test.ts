import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ReadyMessage } from '@parley/common/runtime/run-service';
import { describeEachDatabase, type TestDatabase } from '@parley/common/runtime/test-databases';
import { afterEach, expect, test } from 'vitest';
import { messages, texts } from './support/events.ts';
import { startFakeSource } from './support/fake-source.ts';
import { startReceiver } from './support/receiver.ts';
import { apiAt, type Sources, workerEnv } from './support/worker.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** A worker as a process of its own. */
async function spawnWorker(sources: Sources, database: TestDatabase): Promise<{ child: ChildProcess; url: string }> {
  const env = workerEnv(sources, database, {
    PATH: process.env.PATH ?? '',
    PARLEY_LOG_LEVEL: 'silent',
    // A killed worker's jobs come back when its leases end.
    WORKER_TIMEOUT_MS: '500',
    WORKER_LEASE_MARGIN_MS: '500',
    WORKER_RETRY_SCHEDULE: '0,20ms,50ms,100ms,200ms,400ms,800ms,1s',
  });
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  closers.push(() => ended(child, 'SIGKILL'));
  const [ready] = (await once(child, 'message')) as [ReadyMessage];
  return { child, url: ready.addresses[0]?.url ?? '' };
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<[number | null, string | null]> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }
  return [child.exitCode, child.signalCode];
}

describeEachDatabase('C25 a worker killed in the middle', (databases) => {
  test('delivers every event at least once, with one id, in order but for what it repeats', async () => {
    const database = await databases.create();
    const [usersApi, chatWs] = [await startFakeSource('users-api'), await startFakeSource('chat-ws')];
    const receiver = await startReceiver();
    closers.push(usersApi.close, chatWs.close, receiver.close);
    const sources = { usersApi, chatWs };
    let { child, url } = await spawnWorker(sources, database);
    const { secret } = await apiAt(url, sources).register({ url: receiver.url });

    const total = 200;
    for (let first = 1; first <= total; first += 100) {
      chatWs.publish(...messages(100, first));
      // Some of them have arrived, more are on the way, others are not even read.
      await receiver.waitFor(receiver.requests.length + 37);
      expect(await ended(child, 'SIGKILL')).toEqual([null, 'SIGKILL']);
      ({ child, url } = await spawnWorker(sources, database));
    }
    await apiAt(url, sources).waitForJobs('pending', 0);
    await apiAt(url, sources).waitForJobs('running', 0);

    const arrived = receiver.texts();
    expect([...new Set(arrived)].toSorted()).toEqual(texts(total).toSorted());
    const firsts = arrived.filter((text, i) => arrived.indexOf(text) === i);
    expect(firsts).toEqual(texts(total));
    const ids = new Map(receiver.requests.map(({ text, webhookId }) => [webhookId, text]));
    expect(ids.size).toBe(total);
    for (const request of receiver.requests) expect(receiver.verdict(request, secret)).toBe('valid');

    // And a worker that is asked to end does so, with nothing left to repeat.
    expect(await ended(child, 'SIGTERM')).toEqual([0, null]);
  }, 60_000);
});
