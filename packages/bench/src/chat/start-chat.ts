import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Closers } from '@parley/common/runtime/closers';
import { type StartedProcess, startProcess } from '../start-process.ts';

/** chat-ws as it is, on SQLite in a folder of its own, with its limits out of the way. */
export async function startChat(closers: Closers, env: Record<string, string> = {}): Promise<StartedProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-bench-'));
  closers.push('data', () => rm(dataDir, { recursive: true }));
  return startProcess(closers, {
    file: new URL('../../../../services/chat-ws/src/main.ts', import.meta.url),
    label: 'WebSocket',
    env: {
      PARLEY_DATA_DIR: dataDir,
      PARLEY_LOG_LEVEL: 'error',
      PARLEY_DRAIN_MS: '3000',
      // Nobody listens there.
      DISCOVERY_URL: 'udp://127.0.0.1:9',
      CHAT_WS_PORT: '0',
      CHAT_WS_POSTS: '1000000000',
      CHAT_WS_CONNECTIONS_PER_ADDRESS: '1000000',
      CHAT_WS_DRAIN_PER_SECOND: '1000000',
      CHAT_WS_DRAIN_GRACE_MS: '0',
      ...env,
    },
  });
}
