import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSqlite } from './open-sqlite.ts';

test('what is committed is on the disk, readers do not wait for it, and what refers to nothing is refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const database = openSqlite(join(folder, 'a.sqlite'));
  onTestFinished(() => database.close());
  const pragma = (name: string) => database.prepare(`PRAGMA ${name}`).get();
  expect(pragma('journal_mode')).toEqual({ journal_mode: 'wal' });
  // 2 is FULL (sqlite.org/pragma.html#pragma_synchronous); NORMAL would lose the last commits of a WAL when the power goes.
  expect(pragma('synchronous')).toEqual({ synchronous: 2 });
  expect(pragma('foreign_keys')).toEqual({ foreign_keys: 1 });
});
