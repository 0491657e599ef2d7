import type { NetworkInterfaceInfo } from 'node:os';
import { expect, it } from 'vitest';
import { advertisedAddress } from './advertised-address.ts';

function address(text: string, internal = false): NetworkInterfaceInfo {
  const common = { address: text, netmask: '', mac: '', cidr: null, internal };
  return text.includes(':') ? { ...common, family: 'IPv6', scopeid: 0 } : { ...common, family: 'IPv4' };
}

it.each([
  [{ advertise: 'chat.example', host: '0.0.0.0' }, 'chat.example'],
  [{ host: '127.0.0.1' }, '127.0.0.1'],
  [{ host: '0.0.0.0' }, '10.0.0.5'],
  [{ host: '::' }, '10.0.0.5'],
])('%o is announced as %s', (settings, expected) => {
  const interfaces = {
    lo: [address('127.0.0.1', true)],
    eth0: [address('fe80::1'), address('10.0.0.5'), address('2001:db8::5')],
  };
  expect(advertisedAddress(settings, interfaces)).toBe(expected);
});

it('falls back to IPv6, then to loopback', () => {
  expect(advertisedAddress({ host: '::' }, { eth0: [address('fe80::1'), address('2001:db8::5')] })).toBe('2001:db8::5');
  expect(advertisedAddress({ host: '0.0.0.0' }, { lo: [address('127.0.0.1', true)] })).toBe('127.0.0.1');
});
