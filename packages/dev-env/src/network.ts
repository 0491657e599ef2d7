import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { worker } from '@parley/api-client-worker/service';
import { chatWs } from '@parley/chat-ws/service';
import { createClosers } from '@parley/common/runtime/closers';
import { openKeyRing } from '@parley/common/runtime/key-ring';
import { type Logger, silentLogger } from '@parley/common/runtime/logger';
import { startService } from '@parley/common/runtime/start-service';
import { gateway } from '@parley/tcp-gateway/service';
import { discovery } from '@parley/udp-discovery/service';
import { usersApi } from '@parley/users-api/service';
import { createOwnEnvironment } from './own-environment.ts';
import { createSettling } from './settling.ts';

export type NetworkOptions = {
  /** Settings that differ from the defaults of development. */
  env?: Record<string, string>;
  log?: Logger;
};

export type Network = {
  /** What a service listens on, by the setting: `port('CHAT_WS_PORT')`. */
  port(setting: string): number;
  /**
   * Resolves when all that was begun has come to its end: posts are committed and written to who reads along, the
   * worker has read the feeds to their ends, and what it has to deliver now is delivered.
   * @throws Error that says what is still under way after `timeoutMs`
   */
  settle(timeoutMs?: number): Promise<void>;
  /** Stops all services and erases their data. */
  close(): Promise<void>;
};

/** The five services in this process, on SQLite in a temporary folder and free ports of 127.0.0.1. For tests. */
export async function startNetwork({ env = {}, log = silentLogger() }: NetworkOptions = {}): Promise<Network> {
  const closers = createClosers(log);
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-network-'));
  closers.push('data', () => rm(dataDir, { recursive: true }));
  try {
    const own = await createOwnEnvironment({ dataDir, env });
    for (const start of [
      () => startService(discovery, own.env, log),
      () => startService(usersApi, own.env, log),
      () => startService(chatWs, own.env, log),
      () => startService(gateway, own.env, log),
      () => startService(worker, own.env, log),
    ]) {
      const { name, close } = await start();
      closers.push(name, close);
    }
    const keys = await openKeyRing(undefined, dataDir);
    const settle = createSettling({ port: own.port, keys, workerFile: join(dataDir, 'worker/worker.sqlite') });
    return { port: own.port, settle, close: () => closers.close() };
  } catch (err) {
    await closers.close();
    throw err;
  }
}
