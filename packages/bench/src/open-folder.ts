import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Closers } from '@parley/common/runtime/closers';

/** A folder for data, gone when `closers` close. */
export async function openFolder(closers: Closers): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-bench-'));
  closers.push('data', () => rm(folder, { recursive: true }));
  return folder;
}
