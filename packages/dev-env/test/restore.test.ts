import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startProcesses } from '../src/processes.ts';
import { byWebSocket } from './chat-connection.ts';
import { ResumingClient } from './resuming-client.ts';

/** As docs/operations.md has it, for SQLite. */
const NEW_EPOCHS = `
  UPDATE rooms SET epoch = lower(hex(randomblob(8)));
  UPDATE feed_state SET epoch = lower(hex(randomblob(8)));`;

test('a backup that was made while chat-ws ran is restored with new epochs: nobody takes a new message for one it knows', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-restore-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const processes = await startProcesses({ names: ['chat-ws'], dataDir });
  onTestFinished(() => processes.stopAll());
  const connect = byWebSocket(`ws://127.0.0.1:${processes.port('CHAT_WS_PORT')}/ws`);
  const ann = new ResumingClient({ name: 'ann', connect, rooms: ['lobby'] });
  onTestFinished(() => ann.close());
  const posts = (count: number) => vi.waitFor(() => expect(ann.at('lobby')).toBe(count), 10_000);

  ann.post('lobby', 'in the backup');
  await posts(1);
  const file = join(dataDir, 'chat/chat.sqlite');
  const running = new DatabaseSync(file, { readOnly: true });
  await backup(running, join(dataDir, 'backup.sqlite'));
  running.close();
  ann.post('lobby', 'after the backup');
  await posts(2);

  await processes.stopAll();
  for (const end of ['', '-wal', '-shm']) await rm(file + end, { force: true });
  await copyFile(join(dataDir, 'backup.sqlite'), file);
  const restored = new DatabaseSync(file);
  restored.exec(NEW_EPOCHS);
  restored.close();
  await processes.startAll();

  await vi.waitFor(
    () => expect(ann.complaints).toEqual([expect.stringContaining('ann could not resume lobby from ')]),
    10_000,
  );
  ann.post('lobby', 'after the restore');
  const texts = () => ann.seen.get('lobby')?.map(({ text }) => text);
  const all = ['in the backup', 'after the backup', 'in the backup', 'after the restore'];
  await vi.waitFor(() => expect(texts()).toEqual(all), 10_000);
});
