import { describe, expect, test } from 'vitest';
import { parseChatLinkMessage, parseGatewayLinkMessage } from './link.ts';

describe('gateway to chat-ws', () => {
  test.each([
    { t: 'open', s: 1, address: '127.0.0.1' },
    { t: 'in', s: 1, m: { type: 'nonsense' } },
    { t: 'end', s: 1 },
    { t: 'watch', room: 'lobby', after: { epoch: 'e', seq: 4 } },
    { t: 'unwatch', room: 'lobby' },
    { t: 'read', n: 0, room: 'lobby', from: 1, limit: 100 },
    { t: 'rooms', n: 1, s: 1 },
  ])('takes %j', (message) => {
    expect(parseGatewayLinkMessage(message)).toEqual(message);
  });

  test('refuses what is not in the contract', () => {
    expect(() => parseGatewayLinkMessage({ t: 'shout' })).toThrow(/link message/);
    expect(() => parseGatewayLinkMessage({ t: 'end', s: 'one' })).toThrow(/s: /);
  });
});

describe('chat-ws to gateway', () => {
  const entry = { seq: 5, at: 0, from: { id: 'u', name: 'ada' }, text: 'hi' };
  test.each([
    { t: 'out', s: 1, m: { type: 'pong', re: 'x' } },
    { t: 'watching', room: 'lobby', epoch: 'e', head: 4, next: 5, recovered: true },
    { t: 'entries', room: 'lobby', epoch: 'e', entries: [entry] },
    { t: 'gap', room: 'lobby', from: 1, to: 4 },
    { t: 'reset', room: 'lobby', epoch: 'f', head: 0 },
    { t: 'read', n: 0, room: 'lobby', epoch: 'e', entries: [entry], oldest: 1, head: 5 },
    { t: 'rooms', n: 1, rooms: [{ room: 'lobby', members: 2 }] },
    { t: 'failed', n: 0, room: 'lobby', code: 'UNAVAILABLE', message: 'not now' },
    { t: 'failed', n: 1, code: 'UNAVAILABLE', message: 'not now' },
    { t: 'push', room: 'lobby', m: { type: 'presence', room: 'lobby', members: 3 } },
    { t: 'closed', s: 1, code: 4401, reason: 'no' },
    { t: 'drain', reconnectAfterMs: 5 },
  ])('takes %j', (message) => {
    expect(parseChatLinkMessage(message)).toEqual(message);
  });

  test('ignores what a newer chat-ws adds', () => {
    expect(parseChatLinkMessage({ t: 'confetti' })).toBeUndefined();
    expect(parseChatLinkMessage({ t: 'out', s: 1, m: { type: 'confetti' } })).toBeUndefined();
  });

  test('refuses a malformed known message', () => {
    expect(() => parseChatLinkMessage({ t: 'out', s: 1, m: { type: 'posted' } })).toThrow();
    expect(() => parseChatLinkMessage(null)).toThrow();
  });
});
