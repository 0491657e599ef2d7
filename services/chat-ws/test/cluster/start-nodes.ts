import { createKeyRing } from '@parley/common/runtime/key-ring';
import { createServiceTokens } from '@parley/common/runtime/service-tokens';
import type { TestDatabases } from '@parley/common/runtime/test-databases';
import { expect, vi } from 'vitest';
import type { Bus } from '../../src/cluster/bus.ts';
import { patience, type TestClient } from '../client.ts';
import { secret, startChat, type TestChat } from '../start-chat.ts';
import { startUsersApi } from '../users-api.ts';
import { startNats } from './nats-server.ts';

export type NodesOptions = {
  count?: number;
  env?: Record<string, string>;
  /** What the bus of each node, by its index, loses. */
  wrapBus?: (bus: Bus, index: number) => Bus;
};

/** Several real services on one PostgreSQL database, one NATS server and one users-api. They know each other when this resolves. */
export async function startNodes(databases: TestDatabases, { count = 2, env = {}, wrapBus }: NodesOptions = {}) {
  const { databaseUrl = '' } = await databases.create();
  const nats = await startNats();
  const usersApi = await startUsersApi(createServiceTokens(createKeyRing([secret]), 'users-api'));
  const nodes: TestChat[] = [];
  const settings = { DATABASE_URL: databaseUrl, NATS_URL: nats.url, CHAT_WS_POSTS: '100000', ...env };

  async function add(): Promise<TestChat> {
    const index = nodes.length;
    const trials = wrapBus && { wrapBus: (bus: Bus) => wrapBus(bus, index) };
    const node = await startChat(settings, { usersApi, ...(trials && { trials }) });
    nodes.push(node);
    return node;
  }
  const knowEachOther = (): Promise<void> =>
    vi.waitFor(async () => {
      for (const node of nodes) expect(await node.metric('parley_chat_other_nodes')).toBe(nodes.length - 1);
    }, patience);

  while (nodes.length < count) await add();
  await knowEachOther();
  return {
    nodes,
    nats,
    usersApi,
    settings,
    add,
    knowEachOther,
    at: (index: number): TestChat => nodes[index]!,
    /** A client on a node that has logged in as a user. */
    async user(index: number, name: string): Promise<TestClient> {
      const client = await nodes[index]!.client();
      await client.ask<'auth_success'>({ type: 'auth', token: usersApi.token({ id: `u_${name}`, name }) });
      return client;
    },
    async close(): Promise<void> {
      await Promise.all(nodes.map((node) => node.close()));
      await usersApi.close();
      await nats.close();
    },
  };
}

export type TestNodes = Awaited<ReturnType<typeof startNodes>>;
