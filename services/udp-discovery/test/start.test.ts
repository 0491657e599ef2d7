import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { listenTcp } from '@parley/common/runtime/listen';
import { parseSettings, settingsTable } from '@parley/common/runtime/settings';
import { describe, expect, it } from 'vitest';
import { settings } from '../src/settings.ts';
import { afterTest, openSocket, startDiscovery } from './start-discovery.ts';

describe('a port in use is named with its setting', () => {
  it.each(['DISCOVERY_PORT', 'DISCOVERY_DNS_PORT', 'DISCOVERY_ECHO_PORT'])('UDP: %s', async (setting) => {
    const { port } = (await openSocket()).address;
    const starting = startDiscovery({ [setting]: String(port) });
    await expect(starting).rejects.toThrow(`port ${port} on 127.0.0.1 (${setting}) is in use by another program`);
  });

  it.each(['DISCOVERY_DNS_PORT', 'DISCOVERY_HTTP_PORT'])('TCP: %s', async (setting) => {
    const server = createServer();
    const { port } = await listenTcp(server, { host: '127.0.0.1', port: 0, setting: '' });
    afterTest(() => server.close());
    const starting = startDiscovery({ [setting]: String(port) });
    await expect(starting).rejects.toThrow(`port ${port} on 127.0.0.1 (${setting}) is in use by another program`);
  });

  it('and what was open already is released', async () => {
    const holder = await openSocket();
    const free = await freePort();
    const env = { DISCOVERY_PORT: String(free), DISCOVERY_ECHO_PORT: String(holder.address.port) };
    await expect(startDiscovery(env)).rejects.toThrow('DISCOVERY_ECHO_PORT');
    await openSocket(free);
  });
});

async function freePort(): Promise<number> {
  const socket = await openSocket();
  const { port } = socket.address;
  await socket.close();
  return port;
}

it('says all that is wrong with the settings at once', () => {
  const env = { DISCOVERY_PORT: '70000', DISCOVERY_LEASE_MS: 'soon', DISCOVERY_DNS_TTL_S: '-1' };
  expect(() => parseSettings(settings, env)).toThrow(/DISCOVERY_PORT.*DISCOVERY_LEASE_MS.*DISCOVERY_DNS_TTL_S/s);
});

it('says which setting has a name that cannot be looked up', async () => {
  // No name has an empty label, so no name server is asked.
  const starting = startDiscovery({ PARLEY_ADVERTISE: 'no..where' });
  await expect(starting).rejects.toMatchObject({
    name: 'StartError',
    message: '"no..where" (PARLEY_ADVERTISE, else PARLEY_HOST) has no address',
  });
});

it('closes once, and gives its ports back', async () => {
  const service = await startDiscovery();
  await Promise.all([service.close(), service.close()]);
  await startDiscovery({ DISCOVERY_PORT: String(service.udpPort), DISCOVERY_DNS_PORT: String(service.dnsPort) });
});

it('is alive, ready, and has figures', async () => {
  const service = await startDiscovery();
  expect((await fetch(`${service.http}/healthz`)).status).toBe(200);
  expect((await fetch(`${service.http}/readyz`)).status).toBe(200);
  expect(await (await fetch(`${service.http}/metrics`)).text()).toContain('parley_discovery_instances');
});

it('answers wrong catalogue requests with problem details', async () => {
  const { http } = await startDiscovery();
  const unknown = await fetch(`${http}/api/services/nobody`);
  expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 'NOT_FOUND' }]);
  const malformed = await fetch(`${http}/api/services?name=not%20a%20name`);
  expect([malformed.status, await malformed.json()]).toMatchObject([
    400,
    { code: 'BAD_MESSAGE', errors: [{ path: 'name' }] },
  ]);
  expect((await fetch(`${http}/api/services?tag=%00`)).status).toBe(400);
  const post = await fetch(`${http}/api/services`, { method: 'POST' });
  expect([post.status, post.headers.get('Allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  expect((await fetch(`${http}/api/services/watch`)).status).toBe(404);
});

it("has its settings in the README's table", async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  expect(cells(readme)).toContain(cells(settingsTable(settings)));
});

/** A table's text, however wide the formatter has made its columns. */
function cells(markdown: string): string {
  return markdown.replace(/ *\| */g, '|').replace(/-{3,}/g, '---');
}
