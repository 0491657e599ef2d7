import { expect, test } from 'vitest';
import { createClientAddress } from './client-address.ts';
import { createProxyCheck } from './trusted-proxies.ts';

const addressOf = createClientAddress(createProxyCheck(['10.0.0.0/8', '::1']));
const from = (remoteAddress: string, forwarded?: string) =>
  addressOf({ headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }, socket: { remoteAddress } });

test.each([
  ['a direct client', '192.0.2.7', undefined, '192.0.2.7'],
  ['IPv4 through an IPv6 socket', '::ffff:192.0.2.7', undefined, '192.0.2.7'],
  ['a client that says it was forwarded', '192.0.2.7', '198.51.100.1', '192.0.2.7'],
  ['a trusted proxy', '10.1.2.3', '198.51.100.1', '198.51.100.1'],
  ['a trusted proxy behind another', '::1', '198.51.100.1, 10.9.9.9', '198.51.100.1'],
  ['a client that lies to a trusted proxy', '10.1.2.3', '203.0.113.5, 198.51.100.1', '198.51.100.1'],
  ['a trusted proxy that says nothing of use', '10.1.2.3', 'unknown', '10.1.2.3'],
])('%s', (_what, peer, forwarded, address) => {
  expect(from(peer, forwarded)).toBe(address);
});
