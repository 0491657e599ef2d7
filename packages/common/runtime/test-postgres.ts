import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, chownSync, constants, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import type { TestProject } from 'vitest/node';

/**
 * vitest's global set-up: one PostgreSQL cluster for a whole test run, in a temporary folder, on a free loopback port. It starts
 * when the first test asks (over HTTP, because tests run in processes of their own) and is stopped, and erased, at the end.
 */

declare module 'vitest' {
  interface ProvidedContext {
    postgres: TestPostgres;
  }
}

/** What test processes are told: where to ask for a database server, or why there is none. */
export type TestPostgres = { control: string } | { missing: string; required: boolean };

type Cluster = { url: string; stop(): Promise<void> };

const run = promisify(execFile);

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const bin = findBinaries();
  if (bin === undefined) {
    const required = process.env.PARLEY_TEST_REQUIRE_SERVICES === '1';
    const missing = 'PostgreSQL (initdb, postgres) is not installed';
    process.stderr.write(`${missing}: tests that need it ${required ? 'fail' : 'are skipped'}.\n`);
    project.provide('postgres', { missing, required });
    return undefined;
  }
  let cluster: Promise<Cluster> | undefined;
  const server = createServer((_request, response) => {
    cluster ??= startCluster(bin);
    cluster.then(
      ({ url }) => response.end(url),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  project.provide('postgres', { control: await listen(server) });
  return async () => {
    server.closeAllConnections();
    server.close();
    await (await cluster?.catch(() => undefined))?.stop();
  };
}

/** The folder of the server's programs: Debian keeps them out of PATH. */
function findBinaries(): string | undefined {
  const debian = globSync('/usr/lib/postgresql/*/bin').sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return [...debian, ...(process.env.PATH ?? '').split(delimiter)].find((dir) =>
    ['initdb', 'postgres'].every((program) => isExecutable(join(dir, program))),
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function startCluster(bin: string): Promise<Cluster> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-pg-'));
  const as = await serverUser();
  if (as.uid !== undefined && as.gid !== undefined) chownSync(dir, as.uid, as.gid);
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(dir, 'password');
  writeFileSync(passwordFile, password, { mode: 0o644 });
  const initdb = ['-D', join(dir, 'data'), '-U', 'parley', '-A', 'password', '--pwfile', passwordFile];
  await run(join(bin, 'initdb'), [...initdb, '-E', 'UTF8', '--locale=C', '--no-sync'], { cwd: dir, ...as });

  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const [program = '', ...args] = [...dieWithParent(), join(bin, 'postgres'), ...serverArguments(dir, port)];
    const server = spawn(program, args, { cwd: dir, ...as, stdio: ['ignore', 'ignore', 'pipe'] });
    const url = `postgres://parley:${password}@127.0.0.1:${port}/postgres`;
    try {
      await answering(server, url);
      return { url, stop: () => ended(server).finally(() => rmSync(dir, { recursive: true, force: true })) };
    } catch (error) {
      await ended(server);
      // Somebody else may have taken the free port meanwhile.
      if (attempt < 3) continue;
      rmSync(dir, { recursive: true, force: true });
      throw error;
    }
  }
}

/** Erased after the run, so nothing needs to reach the disk. */
function serverArguments(dir: string, port: number): string[] {
  const settings = {
    fsync: 'off',
    full_page_writes: 'off',
    shared_buffers: '64MB',
    max_connections: 300,
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: dir,
  };
  return ['-D', join(dir, 'data'), ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** The server refuses to run as root: there it runs as the user that its package made. */
async function serverUser(): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const id = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

/** A killed test run must leave no server behind (Linux; elsewhere only a regular end stops it). */
function dieWithParent(): string[] {
  return isExecutable('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'INT'] : [];
}

async function answering(server: ChildProcess, url: string): Promise<void> {
  let output = '';
  server.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    output = (output + chunk).slice(-4_000);
  });
  const deadline = Date.now() + 30_000;
  for (;;) {
    if (server.exitCode !== null) throw new Error(`postgres ended with status ${server.exitCode}:\n${output}`);
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`postgres does not answer:\n${output}`, { cause: error });
      await sleep(30);
    } finally {
      await client.end();
    }
  }
}

/** A fast shutdown (SIGINT), or a hard one when that takes too long. */
async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = new Promise((resolve) => server.once('exit', resolve));
  const timer = setTimeout(() => server.kill('SIGQUIT'), 5_000);
  server.kill('SIGINT');
  await exit;
  clearTimeout(timer);
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createTcpServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
