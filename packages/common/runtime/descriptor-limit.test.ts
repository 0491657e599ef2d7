import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { connectionsByDescriptors } from './descriptor-limit.ts';

it('allows as many connections as there are descriptors, less a reserve', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-limits-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'limits');
  await writeFile(
    path,
    'Limit                     Soft Limit  Hard Limit  Units\nMax open files            4096        8192        files\n',
  );
  expect(connectionsByDescriptors(path)).toBe(3896);
  await writeFile(path, 'Max open files            unlimited   unlimited   files\n');
  expect(connectionsByDescriptors(path)).toBe(Number.POSITIVE_INFINITY);
  expect(connectionsByDescriptors(join(folder, 'nothing'))).toBe(Number.POSITIVE_INFINITY);
});
