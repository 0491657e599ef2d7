import { expect, test } from 'vitest';
import { mayBePlain } from './plain-http.ts';
import { createProxyCheck } from './trusted-proxies.ts';

const isTrusted = createProxyCheck(['10.0.0.0/8']);

test.each([
  ['/ws', '192.0.2.1', false],
  ['/api/rooms', '::ffff:192.0.2.1', false],
  ['/internal', '192.0.2.1', false],
  ['http://chat.example/internal/link', '192.0.2.1', false],
  ['/ws', '', false],
  ['/internal/link', '192.0.2.1', true],
  ['/ws', '127.0.0.1', true],
  ['/ws', '::ffff:127.0.0.1', true],
  ['/ws', '::1', true],
  ['/ws', '10.1.2.3', true],
  ['/ws', '::ffff:10.1.2.3', true],
])('%s from %s without TLS: %s', (path, address, expected) => {
  expect(mayBePlain(path, address, isTrusted)).toBe(expected);
});
