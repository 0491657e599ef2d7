import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { listenTcp } from '@parley/common/runtime/listen';
import { parseSettings, settingsTable } from '@parley/common/runtime/settings';
import { expect, test } from 'vitest';
import { chatWsSettings } from '../src/settings.ts';
import { startChat } from './start-chat.ts';

test("the README's table is that of the settings", async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(settingsTable(chatWsSettings));
});

test('all that is wrong is said at once', () => {
  const env = {
    CHAT_WS_PORT: 'http',
    CHAT_WS_POSTS: '0',
    PARLEY_ORIGINS: 'example.org',
    CHAT_DATABASE_URL: 'mysql://x',
    PARLEY_GUESTS: 'yes',
  };
  expect(() => parseSettings(chatWsSettings, env)).toThrow(
    /CHAT_WS_PORT.*CHAT_DATABASE_URL.*PARLEY_ORIGINS.*PARLEY_GUESTS.*CHAT_WS_POSTS/s,
  );
});

test('a port in use is named with its setting', async () => {
  const server = createServer();
  const { port } = await listenTcp(server, { host: '127.0.0.1', port: 0, setting: '' });
  await expect(startChat({ CHAT_WS_PORT: String(port) })).rejects.toThrow(
    `port ${port} on 127.0.0.1 (CHAT_WS_PORT) is in use by another program`,
  );
  server.close();
});
