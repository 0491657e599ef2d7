import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReadyMessage } from '@parley/common/runtime/run-service';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** The service as a process of its own; `descriptors`: how many it may open. */
export async function startProcess(env: Record<string, string>, { descriptors }: { descriptors?: number } = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-chat-'));
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors}; `;
  const child = spawn('sh', ['-c', `${limit}exec "$0" "$1"`, process.execPath, main], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: {
      PATH: process.env.PATH,
      CHAT_WS_PORT: '0',
      PARLEY_DATA_DIR: dataDir,
      PARLEY_LOG_LEVEL: 'fatal',
      // Nobody listens there.
      DISCOVERY_URL: 'udp://127.0.0.1:9',
      ...env,
    },
  });
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const [{ addresses }] = (await once(child, 'message')) as [ReadyMessage];
  const addressOf = (label: string) => addresses.find((address) => address.label === label)?.url ?? '';
  return {
    ws: addressOf('WebSocket'),
    http: addressOf('REST'),
    dataDir,
    /** Its exit code or, if it was killed, the signal. */
    exited,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    async close(): Promise<void> {
      child.kill('SIGKILL');
      await exited;
      await rm(dataDir, { recursive: true });
    },
  };
}
