import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createKeyRing } from '@parley/common/runtime/key-ring';
import type { ReadyMessage } from '@parley/common/runtime/run-service';
import { createServiceTokens } from '@parley/common/runtime/service-tokens';
import { expect } from 'vitest';
import { startUsersApi } from '../users-api.ts';

const main = fileURLToPath(new URL('measured-chat.ts', import.meta.url));
const secret = 'a secret that only hostile tests know';

type LogLine = { level: number; msg: string };

/** The levels of pino. */
const warnLevel = 40;
const errorLevel = 50;

/** What a gateway does wrong is worth a complaint each: nobody is one without the service secret. */
const ofLinks = new Set(['link failed', 'a link message cannot be read']);

/** The service as a process, to be attacked: its log is read, and its memory can be asked for. */
export async function startTarget(env: Record<string, string> = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-hostile-'));
  const keys = createKeyRing([secret]);
  const usersApi = await startUsersApi(createServiceTokens(keys, 'users-api'));
  const child = spawn(process.execPath, ['--expose-gc', main], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env.PATH,
      CHAT_WS_PORT: '0',
      PARLEY_DATA_DIR: dataDir,
      PARLEY_SERVICE_SECRET: secret,
      USERS_API_URL: usersApi.url,
      // Nobody listens there.
      DISCOVERY_URL: 'udp://127.0.0.1:9',
      // A busy machine is not what is tested here.
      CHAT_WS_MAX_LOOP_LAG_MS: '3600000',
      CHAT_WS_CONNECTIONS_PER_ADDRESS: '5000',
      ...env,
    },
  });
  const log: LogLine[] = [];
  const noise: string[] = [];
  createInterface(child.stdout!).on('line', (line) => keepLine(line, log, noise));
  createInterface(child.stderr!).on('line', (line) => noise.push(line));
  const exited = once(child, 'exit');
  const failed = exited.then(() => Promise.reject(new Error(`it does not start: ${noise.join('\n')}`)));
  const [{ addresses }] = (await Promise.race([once(child, 'message'), failed])) as [ReadyMessage];
  failed.catch(() => {});
  const at = new URL(addresses.find(({ label }) => label === 'REST')?.url ?? '');
  const port = Number(at.port);

  const target = {
    port,
    isTls: at.protocol === 'https:',
    /** Figures and health are answered without TLS as well. */
    http: `http://127.0.0.1:${port}`,
    usersApi,
    keys,
    tokens: createServiceTokens(keys, 'tcp-gateway'),
    log,
    linkToken: () => target.tokens.sign('chat-ws'),
    /** Bytes that the process holds when garbage has been collected. */
    memory: () => memoryOf(child),
    /** The value of a figure with such labels, such as `code="1002"`; 0 while there is none. */
    async metric(name: string, label = ''): Promise<number> {
      const text = await (await fetch(`${target.http}/metrics`)).text();
      const [, value] = new RegExp(`^${name}(?:\\{[^}]*${label}[^}]*\\})? (\\S+)$`, 'm').exec(text) ?? [];
      return Number(value ?? 0);
    },
    /** It runs, and nobody could make it complain: there are no errors, no stack traces, and hardly a warning. */
    checkCalm(): void {
      const complaints = log.filter(({ level, msg }) => level >= warnLevel && !ofLinks.has(msg));
      expect(child.exitCode).toBeNull();
      expect(noise).toEqual([]);
      expect(complaints.filter(({ level }) => level >= errorLevel)).toEqual([]);
      expect(complaints.length).toBeLessThan(10);
    },
    async close(): Promise<void> {
      child.kill('SIGKILL');
      await exited;
      await usersApi.close();
      await rm(dataDir, { recursive: true });
    },
  };
  return target;
}

export type Target = Awaited<ReturnType<typeof startTarget>>;

/** Settings of a target that speaks TLS, with a certificate of its own in `folder`. */
export function tlsSettings(folder: string): Record<string, string> {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=hostile', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...kind, ...subject], { stdio: 'ignore' });
  return { CHAT_WS_TLS_CERT: cert, CHAT_WS_TLS_KEY: key };
}

function keepLine(line: string, log: LogLine[], noise: string[]): void {
  try {
    log.push(JSON.parse(line));
  } catch {
    noise.push(line);
  }
}

async function memoryOf(child: ChildProcess): Promise<number> {
  child.send('memory');
  const [{ heapUsed, external }] = await once(child, 'message');
  return heapUsed + external;
}
