import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openKeyRing } from '@parley/common/runtime/key-ring';
import { type Logger, silentLogger } from '@parley/common/runtime/logger';
import { createServiceTokens } from '@parley/common/runtime/service-tokens';
import { startService } from '@parley/common/runtime/start-service';
import { onTestFinished, vi } from 'vitest';
import { gateway } from '../src/service.ts';
import { FakeChat } from './fake-chat.ts';

/** How long a test waits for what comes in a moment. */
export const patience = { timeout: 15_000, interval: 5 };

const secret = 'a secret for tests that is long enough for anybody';

/** Nobody waits for real in these tests. */
const quick = {
  GATEWAY_PORT: '0',
  GATEWAY_ECHO_PORT: '0',
  GATEWAY_HTTP_PORT: '0',
  GATEWAY_GREET_AFTER_MS: '0',
  GATEWAY_LINK_RETRY_MS: '10',
  GATEWAY_LINK_RETRY_MAX_MS: '40',
  GATEWAY_CLOSE_MS: '500',
  PARLEY_DRAIN_MS: '4000',
  PARLEY_SERVICE_SECRET: secret,
  // Nobody is there.
  DISCOVERY_URL: 'udp://127.0.0.1:9',
};

export type TestGateway = {
  chat: FakeChat;
  port: number;
  echoPort: number;
  http: string;
  close(): Promise<void>;
};

/** A gateway on free ports whose links are up, and the chat-ws that it is linked to; both are closed after the test. */
export async function startGateway(
  env: Record<string, string> = {},
  log: Logger = silentLogger(),
): Promise<TestGateway> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-gateway-'));
  onTestFinished(() => rm(dataDir, { recursive: true }));
  const chat = new FakeChat(createServiceTokens(await openKeyRing([secret], dataDir), 'chat-ws'));
  await chat.start();
  onTestFinished(() => chat.stop());
  const settings = { ...quick, PARLEY_DATA_DIR: dataDir, CHAT_WS_URL: chat.url, ...env };
  const service = await startService(gateway, settings, log);
  onTestFinished(() => service.close());
  const links = Number(env.GATEWAY_LINKS ?? 2);
  await vi.waitFor(() => {
    if (chat.openLinks.length < links) throw new Error(`${chat.openLinks.length} links are up`);
  }, patience);
  const url = (label: string) => service.addresses.find((address) => address.label.startsWith(label))?.url ?? '';
  const portOf = (label: string) => Number(url(label).split(':').at(-1));
  return { chat, port: portOf('lines'), echoPort: portOf('echo'), http: url('health'), close: service.close };
}
