import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lockSqlite } from './sqlite-lock.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-lock-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A process that takes the lock, says so, and holds it until it is killed. */
async function holder(file: string): Promise<ChildProcess> {
  const code = `
    const { lockSqlite } = await import(${JSON.stringify(new URL('./sqlite-lock.ts', import.meta.url).href)});
    globalThis.held = lockSqlite(${JSON.stringify(file)});
    console.log('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout!, 'data');
  return child;
}

it('lets one process in, and the next one as soon as that was killed', async () => {
  const file = join(folder, 'a.sqlite');
  const child = await holder(file);
  expect(() => lockSqlite(file)).toThrow(/a\.sqlite is in use by another process/);
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockSqlite(file).release();
});

it('holds within one process too', () => {
  const file = join(folder, 'b.sqlite');
  const lock = lockSqlite(file);
  expect(() => lockSqlite(file)).toThrow(/in use/);
  lock.release();
  lockSqlite(file).release();
});

it('says what is wrong when no process can have it', () => {
  const file = join(folder, 'nowhere', 'c.sqlite');
  expect(() => lockSqlite(file)).toThrow(/c\.sqlite cannot be used: unable to open database file/);
});
