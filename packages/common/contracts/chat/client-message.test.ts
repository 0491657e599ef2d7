import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ParleyError } from '../../runtime/errors.ts';
import { maxDataDepth } from '../json-data.ts';
import { parseClientJson, parseClientMessage } from './client-message.ts';
import { messageIdOf } from './message-id.ts';

function codeOf(parse: () => unknown): string {
  try {
    parse();
  } catch (failure) {
    if (failure instanceof ParleyError) return failure.code;
    throw failure;
  }
  return 'accepted';
}

describe('parseClientMessage', () => {
  test.each([
    { type: 'auth', id: 1, token: 'aaa.bbb.ccc' },
    { type: 'auth', guest: 'ada' },
    { type: 'auth', ticket: 't' },
    { type: 'join', id: 'x', room: 'lobby' },
    { type: 'join', room: 'lobby', after: 'start' },
    { type: 'join', room: 'lobby', after: { epoch: 'e1', seq: 0 } },
    { type: 'leave', room: 'lobby' },
    { type: 'post', room: 'lobby', text: 'hello', key: 'k1' },
    { type: 'post', room: 'lobby', data: null },
    { type: 'edit', room: 'lobby', seq: 3, text: '', key: 'k1' },
    { type: 'delete', id: 'x', room: 'lobby', seq: 3, key: 'k1' },
    { type: 'history', room: 'lobby', before: 10, limit: 100 },
    { type: 'members', room: 'lobby', page: 2 },
    { type: 'typing', room: 'lobby' },
    { type: 'seen', id: 3, room: 'lobby', seq: 7 },
    { type: 'ping', id: 2 },
    { type: 'pong' },
    { type: 'refresh', token: 'aaa.bbb.ccc' },
  ])('takes %j as it is', (message) => {
    expect(parseClientMessage(message)).toEqual(message);
  });

  test('drops fields it does not know', () => {
    expect(parseClientMessage({ type: 'leave', room: 'lobby', colour: 'red' })).toEqual({
      type: 'leave',
      room: 'lobby',
    });
  });

  test.each([
    [null],
    [[]],
    ['ping'],
    [{}],
    [{ type: 7 }],
    [{ type: 'join' }],
    [{ type: 'join', room: 'Lobby' }],
    [{ type: 'join', room: `a${'b'.repeat(64)}` }],
    [{ type: 'join', room: 'lobby', after: { epoch: 'a:b', seq: 1 } }],
    [{ type: 'join', room: 'lobby', after: { epoch: 'a', seq: -1 } }],
    [{ type: 'join', room: 'lobby', after: { epoch: 'a', seq: 2 ** 53 } }],
    [{ type: 'auth' }],
    [{ type: 'auth', token: 'a', guest: 'b' }],
    [{ type: 'post', room: 'lobby' }],
    [{ type: 'post', room: 'lobby', text: 'a', data: 1 }],
    [{ type: 'post', room: 'lobby', text: 'a\0b' }],
    [{ type: 'post', room: 'lobby', text: '\ud800' }],
    [{ type: 'post', room: 'lobby', text: 'a', key: '' }],
    [{ type: 'post', room: 'lobby', text: 'a', key: 'k\0' }],
    [{ type: 'edit', room: 'lobby', seq: 0, text: 'a' }],
    [{ type: 'edit', room: 'lobby', seq: 1 }],
    [{ type: 'edit', room: 'lobby', seq: 1, text: 'a\0b' }],
    [{ type: 'delete', room: 'lobby' }],
    [{ type: 'history', room: 'lobby', before: 1, after: 1 }],
    [{ type: 'history', room: 'lobby', limit: 101 }],
    [{ type: 'ping', id: {} }],
  ])('refuses %j as BAD_MESSAGE', (value) => {
    expect(codeOf(() => parseClientMessage(value))).toBe('BAD_MESSAGE');
  });

  test.each(['amend', 'toString', '__proto__', ''])('answers type %j with UNKNOWN_TYPE', (type) => {
    expect(codeOf(() => parseClientMessage(JSON.parse(`{"type":${JSON.stringify(type)}}`)))).toBe('UNKNOWN_TYPE');
  });

  test('names the wrong field', () => {
    expect(() => parseClientMessage({ type: 'join', room: 5 })).toThrow(/^Malformed join: room: /);
  });

  test('bounds the depth of data without recursing', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const post = (depth: number) => `{"type":"post","room":"lobby","data":${nested(depth)}}`;
    expect(codeOf(() => parseClientJson(post(maxDataDepth)))).toBe('accepted');
    expect(codeOf(() => parseClientJson(post(maxDataDepth + 1)))).toBe('BAD_MESSAGE');
    expect(codeOf(() => parseClientJson(post(30_000)))).toBe('BAD_MESSAGE');
  });

  test('whatever comes, it is a message or one of the two errors', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(['accepted', 'BAD_MESSAGE', 'UNKNOWN_TYPE']).toContain(codeOf(() => parseClientJson(text)));
      }),
    );
  });
});

test('messageIdOf finds the id of what is no message', () => {
  expect(messageIdOf({ id: 'a' })).toBe('a');
  expect(messageIdOf({ id: 4, type: 'nonsense' })).toBe(4);
  expect(messageIdOf({ id: {} })).toBeUndefined();
  expect(messageIdOf('x')).toBeUndefined();
});
