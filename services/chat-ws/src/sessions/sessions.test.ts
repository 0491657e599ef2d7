import { expect, test } from 'vitest';
import type { Peer } from './peer.ts';
import { Sessions } from './sessions.ts';

const peer = { outlet: undefined, send() {}, end() {} } as unknown as Peer;

test('connections are counted by address, of IPv6 by the network that one site has for itself', () => {
  const sessions = new Sessions({ connectionsPerAddress: 2, connectionsPerUser: 1 });
  const first = sessions.open({ peer, address: '2001:db8::1', authBy: 0 });
  sessions.open({ peer, address: '2001:db8::ffff:1', authBy: 0 });
  expect(sessions.isFull('2001:db8:0:0:1::')).toBe(true);
  expect(sessions.isFull('2001:db8:0:1::1')).toBe(false);
  sessions.close(first);
  expect(sessions.isFull('2001:db8::2')).toBe(false);
});
