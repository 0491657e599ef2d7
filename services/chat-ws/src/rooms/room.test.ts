import type { LogEntry } from '@parley/common/contracts/log-entry';
import { Fanout } from '@parley/common/fanout/fanout';
import type { Outlet } from '@parley/common/fanout/outlet';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { entryEncoders } from '../encode.ts';
import { Room } from './room.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp() {
  const fanout = new Fanout<LogEntry>({ encoders: entryEncoders, retryDelayMs: () => 1 });
  const feed = fanout.openFeed({
    room: 'crowd',
    epoch: 'e1',
    head: 0,
    read: () => Promise.reject(new Error('nothing to read')),
  });
  const room = new Room({
    name: 'crowd',
    visibility: 'public',
    createdBy: { id: 'u' },
    oldest: 1,
    feed,
    presenceDetail: 2,
  });
  const told: object[] = [];
  const outlet: Outlet = {
    format: 'json',
    pendingBytes: () => 0,
    write: (bytes) => void told.push(JSON.parse(bytes.subarray(bytes.indexOf('{')).toString())),
    afterFlush: () => {},
    gap: () => {},
    reset: () => {},
  };
  feed.add(outlet, { next: 1 });
  return { room, told };
}

const user = (n: number) => ({ id: `u${n}`, name: `user${n}`, guest: false });

test('a crowd is told its number only, once a second', () => {
  const { room, told } = setUp();
  for (const n of [1, 2, 3, 4, 5]) room.enter(user(n));
  expect(told).toEqual([
    { type: 'presence', room: 'crowd', event: 'join', user: user(1), members: 1 },
    { type: 'presence', room: 'crowd', event: 'join', user: user(2), members: 2 },
  ]);
  vi.advanceTimersByTime(1_000);
  expect(told.slice(2)).toEqual([{ type: 'presence', room: 'crowd', members: 5 }]);
  for (const n of [5, 4]) room.leave(user(n));
  room.leave(user(3));
  expect(told.slice(3)).toEqual([{ type: 'presence', room: 'crowd', event: 'leave', user: user(3), members: 2 }]);
});

test('members are listed page by page, in the order in which they came', () => {
  const { room } = setUp();
  for (const n of [1, 2, 3, 4, 5]) room.enter(user(n));
  room.enter(user(1));
  expect(room.membersPage(2, 2)).toEqual([user(3), user(4)]);
  expect(room.membersPage(3, 2)).toEqual([user(5)]);
  expect(room.membersPage(4, 2)).toEqual([]);
});
