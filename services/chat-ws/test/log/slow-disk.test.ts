import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { creation, openTestLog, post } from './open-test-log.ts';

async function open(commitDelayMs: number) {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-test-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  return openTestLog({ dataDir }, { commitDelayMs });
}

test('commits of 50 ms do not stall the main loop', async () => {
  const { log } = await open(50);
  await log.openRoom('lobby', creation);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 2);
  for (let i = 0; i < 10; i++) await log.append([post('lobby', 'a')]);
  clearInterval(timer);
  // A loop that waited for each commit would tick once per commit; a free one does so every 2 ms of 500.
  expect(ticks).toBeGreaterThan(50);
});

test('reading, listing and joining do not wait for a commit under way', async () => {
  const { log } = await open(400);
  await log.openRoom('lobby', creation);
  let committed = false;
  const appended = log.append([post('lobby', 'a')]).then(() => {
    committed = true;
  });
  await log.read('lobby', 1, 10);
  await log.readBack('lobby', undefined, 10);
  await log.rooms(1, 10);
  await log.openRoom('lobby');
  await log.feed.read(undefined, 10, 0);
  expect(committed).toBe(false);
  await appended;
});

test('a second log on the same file is refused', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-test-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  await openTestLog({ dataDir });
  await expect(openTestLog({ dataDir })).rejects.toThrow(/in use by another process/);
});
