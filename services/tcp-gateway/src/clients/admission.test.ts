import { expect, test } from 'vitest';
import { Admission } from './admission.ts';
import { protocolOf } from './first-byte.ts';

test('counts clients in total and per network', () => {
  const admission = new Admission({ total: 3, perAddress: 2 });
  expect(admission.enter('192.0.2.1')).toBeUndefined();
  expect(admission.enter('::ffff:192.0.2.1')).toBeUndefined();
  expect(admission.enter('192.0.2.1')).toBe('perAddress');
  expect(admission.enter('192.0.2.2')).toBeUndefined();
  expect(admission.enter('192.0.2.3')).toBe('total');
  admission.leave('192.0.2.1');
  expect(admission.enter('192.0.2.1')).toBeUndefined();
  expect(admission.size).toBe(3);
});

test.each([
  [0x16, 'tls'],
  [0x00, 'frames'],
  [0x01, 'lines'],
  [0x0a, 'lines'],
  [0x48, 'lines'],
  [0xff, 'lines'],
])('the first byte %i means %s', (byte, protocol) => {
  expect(protocolOf(byte)).toBe(protocol);
});
