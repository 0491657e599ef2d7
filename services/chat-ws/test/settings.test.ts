import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { listenTcp } from '@parley/common/runtime/listen';
import { parseSettings, settingsTable } from '@parley/common/runtime/settings';
import { expect, test } from 'vitest';
import { chatWsSettings, checkChatWsSettings } from '../src/settings.ts';
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

test('NATS is for several nodes on PostgreSQL; its address may be a secret', () => {
  const parse = (env: Record<string, string>) => parseSettings(chatWsSettings, env, checkChatWsSettings);
  const DATABASE_URL = 'postgres://parley@127.0.0.1/parley';
  const NATS_URL = 'nats://parley:topsecret@127.0.0.1';
  expect(() => parse({ NATS_URL })).toThrow('NATS_URL: is for several nodes on one PostgreSQL');
  expect(parse({ NATS_URL: `${NATS_URL},tls://nats`, DATABASE_URL }).natsServers).toEqual([NATS_URL, 'tls://nats']);
  expect(() => parse({ NATS_URL: 'http://parley:topsecret@nats', DATABASE_URL })).toThrow(
    /^(?!.*topsecret).*NATS_URL/s,
  );
  expect(() => parse({ NATS_URL: ',', DATABASE_URL })).toThrow('NATS_URL: names no server');
  expect(() => parse({ NATS_URL, DATABASE_URL, CHAT_WS_CLUSTER_LEASE_MS: '5000' })).toThrow('CHAT_WS_CLUSTER_LEASE_MS');
  expect(() => parse({ NATS_PREFIX: 'a..b' })).toThrow('NATS_PREFIX');
});

test('a port in use is named with its setting', async () => {
  const server = createServer();
  const { port } = await listenTcp(server, { host: '127.0.0.1', port: 0, setting: '' });
  await expect(startChat({ CHAT_WS_PORT: String(port) })).rejects.toThrow(
    `port ${port} on 127.0.0.1 (CHAT_WS_PORT) is in use by another program`,
  );
  server.close();
});
