import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestDatabase, TestDatabases } from '@parley/common/runtime/test-databases';
import { afterEach, onTestFinished } from 'vitest';
import { startFakeSource } from './fake-source.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { type Api, type Sources, startWorker } from './worker.ts';

export type Network = Sources & {
  database: TestDatabase;
  worker: Api & { close(): Promise<void> };
  receiver: Receiver;
  startReceiver(): Promise<Receiver>;
  /** One more worker, on the same database unless another one is given. */
  startWorker(more?: Record<string, string>, database?: TestDatabase): Promise<Api & { close(): Promise<void> }>;
};

/**
 * For each test a worker of its own, the two services it follows, and a receiver; all are closed after it. SQLite, where
 * the kind of database makes no difference.
 */
export function useNetwork(databases: Pick<TestDatabases, 'create'> = { create: temporary }) {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });

  return async (settings: Record<string, string> = {}): Promise<Network> => {
    const database = await databases.create();
    const usersApi = await startFakeSource('users-api');
    const chatWs = await startFakeSource('chat-ws');
    closers.push(usersApi.close, chatWs.close);
    const sources = { usersApi, chatWs };
    const network = {
      ...sources,
      database,
      async startReceiver() {
        const receiver = await startReceiver();
        closers.push(receiver.close);
        return receiver;
      },
      async startWorker(more: Record<string, string> = {}, other = database) {
        const worker = await startWorker(sources, other, { ...settings, ...more });
        closers.push(worker.close);
        return worker;
      },
    };
    return { ...network, receiver: await network.startReceiver(), worker: await network.startWorker() };
  };
}

async function temporary(): Promise<TestDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-worker-'));
  onTestFinished(() => rm(dataDir, { recursive: true }));
  return { dataDir };
}
