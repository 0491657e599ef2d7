import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenTcp } from '@parley/common/runtime/listen';
import { expect, onTestFinished, test } from 'vitest';
import { createOwnEnvironment, type OwnEnvironment } from '../src/own-environment.ts';
import { services } from '../src/services.ts';
import { type Program, startProgram } from './program.ts';

const LAUNCHER = join(import.meta.dirname, '../launch.js');

/** What `npm start` runs, on ports and with data of its own. */
async function launch(): Promise<{ parley: Program; own: OwnEnvironment }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-launch-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const own = await createOwnEnvironment({ dataDir });
  return { parley: startProgram([LAUNCHER], own.env), own };
}

test('npm start: one table of all services when they are ready; Ctrl-C on the launcher alone ends all, status 0', async () => {
  const { parley, own } = await launch();
  await parley.saw(/Parley is ready/, 30_000);
  for (const { name } of services) expect(parley.output()).toMatch(new RegExp(`^  ${name} +\\w+://`, 'm'));
  expect(parley.output()).toContain(`\n  nc 127.0.0.1 ${own.port('GATEWAY_PORT')}\n`);
  expect(parley.output()).not.toMatch(/WARN|ERROR/);
  const health = `http://127.0.0.1:${own.port('CHAT_WS_PORT')}/healthz`;
  expect(await (await fetch(health)).json()).toMatchObject({ status: 'ok' });

  parley.signal('SIGINT');
  expect(await parley.exited).toEqual({ code: 0, signal: null });
  await expect(fetch(health)).rejects.toThrow();
});

test('npm start: a port in use is told with its setting; everything ends with status 1', async () => {
  const { parley, own } = await launch();
  const taken = createServer();
  await listenTcp(taken, { host: '127.0.0.1', port: own.port('WORKER_PORT'), setting: 'TAKEN' });
  onTestFinished(() => void taken.close());
  expect(await parley.exited).toEqual({ code: 1, signal: null });
  expect(parley.output()).toContain(
    `port ${own.port('WORKER_PORT')} on 127.0.0.1 (WORKER_PORT) is in use by another program`,
  );
  expect(parley.output()).toContain('Parley cannot start: api-client-worker ended with status 1.');
});
