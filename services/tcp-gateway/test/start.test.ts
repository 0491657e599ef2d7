import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { listenTcp } from '@parley/common/runtime/listen';
import { silentLogger } from '@parley/common/runtime/logger';
import { settingsTable } from '@parley/common/runtime/settings';
import { startService } from '@parley/common/runtime/start-service';
import { expect, onTestFinished, test } from 'vitest';
import { gateway } from '../src/service.ts';
import { gatewaySettings } from '../src/settings.ts';
import { startGateway } from './start-gateway.ts';

async function takenPort(): Promise<string> {
  const server = createServer();
  const { port } = await listenTcp(server, { host: '127.0.0.1', port: 0, setting: 'NONE' });
  onTestFinished(() => void server.close());
  return String(port);
}

test('malformed settings are all told at once', async () => {
  const env = {
    GATEWAY_PORT: 'seven',
    GATEWAY_LINKS: '0',
    GATEWAY_MAX_LINE_BYTES: '-1',
    CHAT_WS_URL: 'localhost:8081',
    GATEWAY_TLS_CERT: '/cert.pem',
    PARLEY_HOST: '0.0.0.0',
  };
  await expect(startService(gateway, env, silentLogger())).rejects.toMatchObject({
    problems: [
      expect.stringMatching(/^GATEWAY_PORT: "seven" is not/),
      expect.stringMatching(/^CHAT_WS_URL: /),
      expect.stringMatching(/^GATEWAY_LINKS: /),
      expect.stringMatching(/^GATEWAY_MAX_LINE_BYTES: /),
      expect.stringMatching(/^PARLEY_HOST: /),
      'GATEWAY_TLS_CERT, GATEWAY_TLS_KEY: set both or neither',
    ],
  });
});

test.each(['GATEWAY_PORT', 'GATEWAY_ECHO_PORT', 'GATEWAY_HTTP_PORT'])(
  'a port in use is told with its setting: %s',
  async (setting) => {
    const port = await takenPort();
    await expect(startGateway({ [setting]: port })).rejects.toThrow(`port ${port} on 127.0.0.1 (${setting}) is in use`);
  },
);

test('a certificate that cannot be used is told with its settings', async () => {
  const files = { GATEWAY_TLS_CERT: '/nowhere/cert.pem', GATEWAY_TLS_KEY: '/nowhere/key.pem' };
  await expect(startGateway(files)).rejects.toThrow(/GATEWAY_TLS_CERT \(\/nowhere\/cert\.pem\).*ENOENT/);
});

test('health, readiness and figures', async () => {
  const { http } = await startGateway();
  expect(await (await fetch(`${http}/healthz`)).json()).toMatchObject({ status: 'ok', service: 'tcp-gateway' });
  expect((await fetch(`${http}/readyz`)).status).toBe(200);
  expect(await (await fetch(`${http}/metrics`)).text()).toMatch(/^parley_gateway_links_up\{[^}]*\} 2$/m);
  expect((await fetch(`${http}/nothing`)).status).toBe(404);
});

test('the echo is off in production unless it is set', () => {
  expect(gatewaySettings.echoPort.default).toEqual({ byMode: { development: 7007, production: undefined } });
});

test('README.md has the settings as they are', () => {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');

  expect(readme).toContain(settingsTable(gatewaySettings));
});
