import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClosers } from '@parley/common/runtime/closers';
import { expect, onTestFinished, test } from 'vitest';
import { startProcess } from './start-process.ts';

async function program(source: string): Promise<URL> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-bench-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'program.mjs'), source);
  return pathToFileURL(join(folder, 'program.mjs'));
}

test('a process that ends instead of serving is an error at once', async () => {
  const closers = createClosers();
  const file = await program('process.exit(3);');
  await expect(startProcess(closers, { file, label: 'x' })).rejects.toThrow('ended before it was ready: 3');
  await closers.close();
});

test('a process that was killed keeps nobody waiting for its end', async () => {
  const closers = createClosers();
  const address = `{ label: 'x', url: 'ws://127.0.0.1:1' }`;
  const file = await program(`process.send({ type: 'ready', addresses: [${address}] }); setInterval(() => {}, 1000);`);
  const { pid, url } = await startProcess(closers, { file, label: 'x' });
  expect(url).toBe('ws://127.0.0.1:1');
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => isRunning(pid)).toBe(false);
  const begun = performance.now();
  await closers.close();
  expect(performance.now() - begun).toBeLessThan(5_000);
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
