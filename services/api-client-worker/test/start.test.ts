import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenTcp } from '@parley/common/runtime/listen';
import { silentLogger } from '@parley/common/runtime/logger';
import { SettingsError, settingsTable } from '@parley/common/runtime/settings';
import { startService } from '@parley/common/runtime/start-service';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { worker } from '../src/service.ts';
import { settings } from '../src/settings.ts';
import { serviceSecret } from './support/fake-source.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-worker-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const env = (more: Record<string, string>) => ({
  PARLEY_DATA_DIR: dataDir,
  PARLEY_SERVICE_SECRET: serviceSecret,
  DISCOVERY_URL: 'udp://127.0.0.1:9',
  USERS_API_URL: 'http://127.0.0.1:9',
  CHAT_WS_URL: 'http://127.0.0.1:9',
  ...more,
});

test('malformed settings: every one is told, and no password is', async () => {
  const wrong = {
    WORKER_PORT: 'eighty',
    WORKER_ALLOW_NETS: '10.0.0.0/33',
    WORKER_RETRY_SCHEDULE: '5s,1m',
    WORKER_TIMEOUT_MS: '-1',
    USERS_API_URL: 'users-api',
    WORKER_DATABASE_URL: 'mysql://root:hush@db/worker',
  };
  const failure = await startService(worker, env(wrong), silentLogger()).catch((err: unknown) => err);
  expect(failure).toBeInstanceOf(SettingsError);
  const { message } = failure as SettingsError;
  for (const name of Object.keys(wrong)) expect(message).toContain(name);
  expect(message).not.toContain('hush');
});

test('a port in use names the port and the setting', async () => {
  const taken = createServer();
  const { port } = await listenTcp(taken, { host: '127.0.0.1', port: 0, setting: 'test' });
  await expect(startService(worker, env({ WORKER_PORT: String(port) }), silentLogger())).rejects.toThrow(
    new RegExp(`port ${port} .*WORKER_PORT`),
  );
  taken.close();
});

test('loopback targets are allowed in development only', async () => {
  expect(settings.allowNets.default).toEqual({ byMode: { development: ['127.0.0.0/8', '::1'], production: [] } });
});

test('the README has the table of settings', async () => {
  const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
  expect(cells(readme)).toContain(cells(settingsTable(settings)));
});

/** A table's text, however wide the formatter has made its columns. */
function cells(markdown: string): string {
  return markdown.replace(/ *\| */g, '|').replace(/-{3,}/g, '---');
}
