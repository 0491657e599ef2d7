import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describePostgres, type TestDatabases } from '@parley/common/runtime/test-databases';
import { describe, test, vi } from 'vitest';

const missing = 'nats-server is not installed';

/**
 * Tests of several nodes, which need PostgreSQL and a NATS server. Without them they are skipped, or fail when
 * `PARLEY_TEST_REQUIRE_SERVICES=1`.
 */
export function describeCluster(name: string, define: (databases: TestDatabases) => void): void {
  if (isInstalled()) describePostgres(name, define);
  else if (process.env.PARLEY_TEST_REQUIRE_SERVICES === '1') {
    test(name, () => {
      throw new Error(`${missing}, and PARLEY_TEST_REQUIRE_SERVICES is set`);
    });
  } else describe.skip(`${name}: ${missing}`, () => test('nothing', () => {}));
}

/** A NATS server on a free loopback port, that wants a user and a password. `stop` and `start` keep the port. */
export async function startNats() {
  const dir = await mkdtemp(join(tmpdir(), 'parley-nats-'));
  const port = await freePort();
  const password = randomBytes(12).toString('hex');
  const config = join(dir, 'nats.conf');
  await writeFile(config, `listen: "127.0.0.1:${port}"\nauthorization { user: parley, password: "${password}" }\n`);
  let server: ChildProcess | undefined;

  const nats = {
    url: `nats://parley:${password}@127.0.0.1:${port}`,
    async start(): Promise<void> {
      server = spawn('nats-server', ['-c', config], { stdio: 'ignore' });
      await vi.waitFor(() => reach(port), { timeout: 15_000, interval: 20 });
    },
    async stop(): Promise<void> {
      if (server === undefined) return;
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      server = undefined;
      await ended;
    },
    async close(): Promise<void> {
      await nats.stop();
      await rm(dir, { recursive: true });
    },
  };
  await nats.start();
  return nats;
}

export type TestNats = Awaited<ReturnType<typeof startNats>>;

function isInstalled(): boolean {
  try {
    execFileSync('nats-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function reach(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    // The server speaks first.
    await once(socket, 'data');
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
