import { createServer, type Server } from 'node:http';
import { listenTcp } from '@parley/common/runtime/listen';
import type { Lookup } from '@parley/net/lookup';
import got, { RequestError } from 'got';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGuardedAgents, type GuardedAgents } from './guarded-agents.ts';
import { createTargetPolicy } from './target-policy.ts';

/** Nothing here leaves the machine: names are answered by a stub, and only 127.0.0.0/8 is ever connected to. */
type Addresses = Record<string, string[]>;

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

let server: Server;
let port: number;
let requests: { peerPort: number | undefined }[];
beforeEach(async () => {
  requests = [];
  server = createServer((req, res) => {
    requests.push({ peerPort: req.socket.remotePort });
    res.end('hello');
  });
  ({ port } = await listenTcp(server, { host: '127.0.0.1', port: 0, setting: 'test' }));
  open.push(() => server.close());
});

function stub(addresses: Addresses): Lookup {
  return async (hostname) => {
    if (hostname === 'silent.test') await new Promise(() => {});
    const found = addresses[hostname];
    if (!found) throw Object.assign(new Error('no such host'), { code: 'ENOTFOUND' });
    return found;
  };
}

function agents(allowNets: string[], addresses: Addresses = {}, more = {}): GuardedAgents {
  const policy = createTargetPolicy({ allowNets, ownPorts: () => new Set([1234]) });
  const created = createGuardedAgents({
    policy,
    idleSocketMs: 1_000,
    maxIdleSockets: 2,
    lookupTimeoutMs: 50,
    lookup: stub(addresses),
    ...more,
  });
  open.push(created.destroy);
  return created;
}

async function outcome({ http, https }: GuardedAgents, url: string): Promise<string> {
  try {
    return (await got(url, { agent: { http, https }, retry: { limit: 0 } })).body;
  } catch (err) {
    return err instanceof RequestError ? err.code : String(err);
  }
}

test('an address in the URL is checked, however it is written', async () => {
  const guarded = agents([]);
  for (const host of [
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '169.254.169.254',
  ]) {
    expect([host, await outcome(guarded, `http://${host}:${port}/`)]).toEqual([host, 'ERR_TARGET_REFUSED']);
    expect([host, await outcome(guarded, `https://${host}:${port}/`)]).toEqual([host, 'ERR_TARGET_REFUSED']);
  }
  expect(requests).toEqual([]);
});

test('what a name leads to is checked, for each look-up anew', async () => {
  const addresses: Addresses = {
    'inside.test': ['127.0.0.1'],
    'mixed.test': ['10.0.0.1', '169.254.169.254', '127.0.0.9'],
  };
  const closed = agents([], addresses);
  expect(await outcome(closed, `http://inside.test:${port}/`)).toBe('ERR_TARGET_REFUSED');
  expect(await outcome(closed, `https://mixed.test:${port}/`)).toBe('ERR_TARGET_REFUSED');
  expect(await outcome(closed, `http://unknown.test:${port}/`)).toBe('ENOTFOUND');
  expect(await outcome(closed, `http://silent.test:${port}/`)).toBe('LOOKUP_TIMEOUT');
  expect(requests).toEqual([]);

  addresses['mixed.test'] = ['10.0.0.1', '127.0.0.1'];
  const half = agents(['127.0.0.0/8'], addresses, { maxIdleSockets: 0 });
  expect(await outcome(half, `http://mixed.test:${port}/`)).toBe('hello');
  addresses['mixed.test'] = ['10.0.0.1'];
  expect(await outcome(half, `http://mixed.test:${port}/`)).toBe('ERR_TARGET_REFUSED');
});

test('an own port is refused behind any name', async () => {
  const guarded = agents(['127.0.0.0/8'], { 'hook.test': ['127.0.0.1'] });
  expect(await outcome(guarded, 'http://hook.test:1234/')).toBe('ERR_TARGET_REFUSED');
  expect(await outcome(guarded, 'http://127.0.0.1:1234/')).toBe('ERR_TARGET_REFUSED');
});

test('the connected peer is checked before a byte is sent', async () => {
  let asked = 0;
  // Lets the look-up pass and refuses the peer: what a check of names alone would miss.
  const policy = { refusal: () => (++asked > 1 ? 'not a public address' : undefined) };
  const guarded = agents([], { 'hook.test': ['127.0.0.1'] }, { policy });
  expect(await outcome(guarded, `http://hook.test:${port}/`)).toMatch(/^ERR_(TARGET_REFUSED|SOCKET_CLOSED)$/);
  expect(asked).toBe(2);
  expect(requests).toEqual([]);
});

test('C13 connections are kept and used again, but not for long', async () => {
  const guarded = agents(['127.0.0.1'], {}, { idleSocketMs: 100 });
  const url = `http://127.0.0.1:${port}/`;
  for (let i = 0; i < 3; i += 1) expect(await outcome(guarded, url)).toBe('hello');
  expect(new Set(requests.map(({ peerPort }) => peerPort)).size).toBe(1);
  await expect.poll(() => Object.keys(guarded.http.freeSockets)).toEqual([]);
  await outcome(guarded, url);
  expect(new Set(requests.map(({ peerPort }) => peerPort)).size).toBe(2);
});

test('C13 at most so many idle connections are kept for a host', async () => {
  const guarded = agents(['127.0.0.1']);
  await Promise.all(Array.from({ length: 5 }, () => outcome(guarded, `http://127.0.0.1:${port}/`)));
  await expect.poll(() => Object.values(guarded.http.freeSockets).map((list) => list?.length)).toEqual([2]);
});
