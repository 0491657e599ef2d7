import { expect, test } from 'vitest';
import { isWantedBy } from './wanted-by.ts';

const at = '2026-01-01T00:00:00.500Z';
const event = { id: 'e1', type: 'message.posted', at, data: { room: 'lobby' } };
const createdAt = Date.parse(at);

test.each([
  [['*'], undefined, createdAt, true],
  [['message.posted'], undefined, createdAt, true],
  [['message.posted'], 'lobby', createdAt - 1, true],
  [['*'], 'den', createdAt, false],
  [['user.created'], undefined, createdAt, false],
  [['*'], undefined, createdAt + 1, false],
])('events %j, room %s', (events, room, created, wanted) => {
  expect(isWantedBy({ events, room, createdAt: created }, event)).toBe(wanted);
});

test('an event without a room is not of any room', () => {
  const user = { id: 'e2', type: 'user.created', at, data: {} };
  expect(isWantedBy({ events: ['*'], room: 'lobby', createdAt }, user)).toBe(false);
  expect(isWantedBy({ events: ['*'], room: undefined, createdAt }, user)).toBe(true);
});
