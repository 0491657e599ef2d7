import { describe, expect, test } from 'vitest';
import { messageOf } from './message.ts';
import { parseServerMessage } from './server-message.ts';

describe('parseServerMessage', () => {
  test('takes an answer and a push', () => {
    const posted = {
      type: 'posted',
      re: 1,
      room: 'lobby',
      epoch: 'e',
      seq: 3,
      at: '2026-01-02T03:04:05.678Z',
      duplicate: false,
    };
    expect(parseServerMessage(posted)).toEqual(posted);
    const drain = { type: 'drain', reconnectAfterMs: 10, ticket: 't' };
    expect(parseServerMessage(drain)).toEqual(drain);
    const seen = { type: 'seen', room: 'lobby', user: { id: 'u1', name: 'ada', guest: false }, seq: 4 };
    expect(parseServerMessage(seen)).toEqual(seen);
  });

  test('a type of a later version is nothing to this one', () => {
    expect(parseServerMessage({ type: 'confetti' })).toBeUndefined();
  });

  test('a malformed known type is an error', () => {
    expect(() => parseServerMessage({ type: 'posted' })).toThrow(/^Malformed message: /);
    expect(() => parseServerMessage(3)).toThrow();
  });
});

describe('messageOf', () => {
  const from = { id: 'u1', name: 'ada' };

  test('gives the time as ISO with milliseconds', () => {
    expect(messageOf('lobby', { seq: 1, at: 1767323045678, from, text: 'hi' })).toEqual({
      type: 'message',
      room: 'lobby',
      seq: 1,
      from,
      text: 'hi',
      at: '2026-01-02T03:04:05.678Z',
    });
  });

  test('a deleted message says so, and nothing else', () => {
    const message = messageOf('lobby', { seq: 1, at: 0, from, deleted: true });
    expect(message).toEqual({ type: 'message', room: 'lobby', seq: 1, from, deleted: true, at: expect.any(String) });
    expect(parseServerMessage(message)).toEqual(message);
  });

  test('data null stays data', () => {
    const message = messageOf('lobby', { seq: 1, at: 0, from, data: null });
    expect(message).toHaveProperty('data', null);
    expect(message).not.toHaveProperty('text');
  });
});
