import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyRing, type KeyRing } from '@parley/common/runtime/key-ring';
import { silentLogger } from '@parley/common/runtime/logger';
import { createServiceTokens } from '@parley/common/runtime/service-tokens';
import { startService } from '@parley/common/runtime/start-service';
import { type ChatWsTrials, createChatWs } from '../src/service.ts';
import { TestClient } from './client.ts';
import { startUsersApi, type UsersApi } from './users-api.ts';

export const secret = 'a secret that only this test knows';

/**
 * The real service on a free port, with SQLite in a folder of its own and an users-api that is made up, unless there is a `usersApi`. `restart` begins again on the
 * same data, with other settings if they are given.
 */
export async function startChat(
  env: Record<string, string> = {},
  { usersApi: shared, trials }: { usersApi?: UsersApi; trials?: ChatWsTrials } = {},
) {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-chat-'));
  const keys: KeyRing = createKeyRing([secret]);
  const usersApi = shared ?? (await startUsersApi(createServiceTokens(keys, 'users-api')));
  const start = (more: Record<string, string> = {}) =>
    startService(
      createChatWs(trials),
      {
        CHAT_WS_PORT: '0',
        PARLEY_DATA_DIR: dataDir,
        PARLEY_SERVICE_SECRET: secret,
        USERS_API_URL: usersApi.url,
        // Nobody listens there.
        DISCOVERY_URL: 'udp://127.0.0.1:9',
        CHAT_WS_DRAIN_GRACE_MS: '0',
        // Clients, servers and other tests share one loop, and two processors, here.
        CHAT_WS_MAX_LOOP_LAG_MS: '3600000',
        ...env,
        ...more,
      },
      silentLogger(),
    );
  let service = await start();
  const clients: TestClient[] = [];
  const addressOf = (label: string) => service.addresses.find((address) => address.label === label)?.url ?? '';

  const chat = {
    dataDir,
    usersApi,
    keys,
    get ws() {
      return addressOf('WebSocket');
    },
    get http() {
      return addressOf('REST').replace('https:', 'http:');
    },
    get link() {
      return `${addressOf('REST').replace('http', 'ws')}/internal/link`;
    },
    tokens: createServiceTokens(keys, 'tcp-gateway'),
    stop: () => service.close(),
    async restart(more: Record<string, string> = {}) {
      await service.close();
      service = await start(more);
    },
    async client(options?: Parameters<typeof TestClient.open>[1]): Promise<TestClient> {
      const client = await TestClient.open(chat.ws, options);
      clients.push(client);
      return client;
    },
    /** A client that has said who it is. */
    async guest(name: string): Promise<TestClient> {
      const client = await chat.client();
      await client.ask<'auth_success'>({ type: 'auth', guest: name });
      return client;
    },
    /** A guest in a room. */
    async guestIn(room: string, name = 'guest'): Promise<TestClient> {
      const client = await chat.guest(name);
      await client.ask<'joined'>({ type: 'join', room });
      return client;
    },
    /** The value of a figure; `label`: the one with this label alone, such as `limit="commands"`. */
    async metric(name: string, label = ''): Promise<number> {
      const text = await (await fetch(`${chat.http}/metrics`)).text();
      const [, value] = new RegExp(`^${name}(?:\\{[^}]*${label}[^}]*\\})? (\\S+)$`, 'm').exec(text) ?? [];
      return Number(value);
    },
    async close() {
      for (const { ws } of clients) ws.terminate();
      await service.close();
      if (shared === undefined) await usersApi.close();
      await rm(dataDir, { recursive: true });
    },
  };
  return chat;
}

export type TestChat = Awaited<ReturnType<typeof startChat>>;
