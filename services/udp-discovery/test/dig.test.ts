import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ask, signed } from './raw-datagrams.ts';
import { chat, openSocket, type StartedDiscovery, startDiscovery } from './start-discovery.ts';

const hasDig = spawnSync('dig', ['-v']).error === undefined;
const isRequired = process.env.PARLEY_TEST_REQUIRE_SERVICES === '1';
if (!hasDig && !isRequired) process.stderr.write('dig is not installed: the tests with dig are skipped\n');

async function dig({ dnsPort }: StartedDiscovery, ...question: string[]): Promise<string> {
  const options = ['@127.0.0.1', '-p', String(dnsPort), '+tries=2', '+time=2', ...question];
  return (await promisify(execFile)('dig', options)).stdout;
}

async function withTwo(): Promise<StartedDiscovery> {
  const service = await startDiscovery();
  const socket = await openSocket();
  const second = chat('b2', { address: '::1', ports: { http: 8091 } });
  for (const announced of [chat('a1'), second]) {
    await ask(socket, service.udpPort, signed({ type: 'announce', ...announced }));
  }
  return service;
}

it.skipIf(!hasDig && !isRequired)('U10 dig finds services, their instances, and what is not there', async () => {
  const service = await withTwo();
  const srv = (await dig(service, '+short', 'SRV', 'chat-ws.parley.')).trim().split('\n').sort();
  expect(srv).toEqual(['0 100 8081 a1.chat-ws.parley.', '0 100 8091 b2.chat-ws.parley.']);
  expect(await dig(service, '+short', 'SRV', '_chat-ws._tcp.parley.')).toContain('a1.chat-ws.parley.');
  expect(await dig(service, '+short', 'A', 'a1.chat-ws.parley.')).toBe('127.0.0.1\n');
  expect(await dig(service, '+short', 'AAAA', 'b2.chat-ws.parley.')).toBe('::1\n');
  expect(await dig(service, '+short', 'TXT', 'a1.chat-ws.parley.')).toContain('"instance=a1" "version=1.0.0"');

  const whole = await dig(service, 'SRV', 'CHAT-WS.parley.');
  expect(whole).toMatch(/status: NOERROR/);
  expect(whole).toMatch(/flags: qr aa rd; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 3/);
  expect(whole).toMatch(/ADDITIONAL SECTION:\na1\.chat-ws\.parley\.\s+5\s+IN\s+A\s+127\.0\.0\.1/);
  expect(whole).not.toMatch(/mismatch|malformed|extra bytes/i);

  expect(await dig(service, 'SRV', 'nobody.parley.')).toMatch(/status: NXDOMAIN[^$]*SOA\s+udp-discovery\.parley\./);
  expect(await dig(service, 'MX', 'chat-ws.parley.')).toMatch(/status: NOERROR[^$]*ANSWER: 0[^$]*SOA/);
  expect(await dig(service, 'A', 'example.org.')).toMatch(/status: REFUSED/);
  expect(await dig(service, 'AXFR', 'parley.')).toMatch(/Transfer failed/);
});

it.skipIf(!hasDig && !isRequired)('dig comes back over TCP for what does not fit', async () => {
  const service = await startDiscovery();
  const socket = await openSocket();
  for (let n = 0; n < 40; n++) await ask(socket, service.udpPort, signed({ type: 'announce', ...chat(`node-${n}`) }));
  const automatic = await dig(service, 'SRV', 'chat-ws.parley.');
  expect(automatic).toMatch(/Truncated, retrying in TCP mode/);
  expect(automatic).toMatch(/ANSWER: 40/);
  expect(await dig(service, '+noedns', '+ignore', 'SRV', 'chat-ws.parley.')).toMatch(
    /flags: qr aa tc rd; QUERY: 1, ANSWER: 0/,
  );
  expect(await dig(service, '+tcp', '+short', 'SRV', 'chat-ws.parley.')).toContain('node-39.chat-ws.parley.');
  expect(await dig(service, '+edns=1', '+noednsnegotiation', 'SRV', 'chat-ws.parley.')).toMatch(/status: BADVERS/);
});
