import { expect, test } from 'vitest';
import { createTargetPolicy } from './target-policy.ts';

const none: string[] = [];
const ports = () => new Set([8080, 8081]);

const publicOnly = createTargetPolicy({ allowNets: [], ownPorts: ports, ownAddresses: () => none });

test.each([
  '127.0.0.1',
  '127.255.255.254',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '0.1.2.3',
  '192.0.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::7f00:1',
  '::ffff:127.0.0.1',
  '::ffff:a00:1',
  '::ffff:0:7f00:1',
  '64:ff9b::a00:1',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'fc00::1',
  'fd12:3456::1',
  'ff02::1',
  '100::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '4000::1',
  'localhost',
  '',
])('%s is refused', (address) => {
  expect(publicOnly.refusal(address, 443)).toEqual(expect.any(String));
});

test.each(['8.8.8.8', '1.1.1.1', '::ffff:8.8.8.8', '2606:4700:4700::1111'])('%s is public', (address) => {
  expect(publicOnly.refusal(address, 443)).toBeUndefined();
  expect(publicOnly.refusal(address, 8080)).toBeUndefined();
});

test('allowed ranges open what is not public, but for our own ports', () => {
  const allowNets = ['127.0.0.0/8', '::1', '10.1.0.0/16', '192.168.7.7'];
  const policy = createTargetPolicy({ allowNets, ownPorts: ports, ownAddresses: () => none });
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.1.2.3', '192.168.7.7']) {
    expect(policy.refusal(address, 9000)).toBeUndefined();
    expect(policy.refusal(address, 8080)).toBe('a port of Parley itself');
  }
  for (const address of ['10.2.0.1', '192.168.7.8', '::2', '169.254.169.254']) {
    expect(policy.refusal(address, 9000)).toEqual(expect.stringContaining('not a public address'));
  }
});

test("our own ports are refused at this machine's public address, too", () => {
  const policy = createTargetPolicy({
    allowNets: [],
    ownPorts: ports,
    ownAddresses: () => ['8.8.8.8', '2606:4700::1'],
  });
  expect(policy.refusal('8.8.8.8', 8081)).toBe('a port of Parley itself');
  expect(policy.refusal('2606:4700:0::1', 8081)).toBe('a port of Parley itself');
  expect(policy.refusal('8.8.8.8', 443)).toBeUndefined();
  expect(policy.refusal('8.8.4.4', 8081)).toBeUndefined();
});

test('ports that become known later count', () => {
  const own = new Set<number>();
  const policy = createTargetPolicy({ allowNets: ['127.0.0.1'], ownPorts: () => own });
  expect(policy.refusal('127.0.0.1', 9999)).toBeUndefined();
  own.add(9999);
  expect(policy.refusal('127.0.0.1', 9999)).toBe('a port of Parley itself');
});
