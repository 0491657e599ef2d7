import { amended, type LogEntry } from '@parley/common/contracts/log-entry';
import { Fanout } from '@parley/common/fanout/fanout';
import type { Outlet } from '@parley/common/fanout/outlet';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { entryEncoders } from '../encode.ts';
import { Room } from './room.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp() {
  const fanout = new Fanout<LogEntry>({ encoders: entryEncoders, amend: amended, retryDelayMs: () => 1 });
  const feed = fanout.openFeed({
    room: 'crowd',
    epoch: 'e1',
    head: 0,
    read: () => Promise.reject(new Error('nothing to read')),
  });
  const room = new Room({
    name: 'crowd',
    visibility: 'public',
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
  expect(room.memberList(0).users).toEqual([1, 2, 3, 4, 5].map(user));
});

test('a list of members is made once for all who ask; of a crowd that changes, once a second', () => {
  const { room } = setUp();
  room.enter(user(1));
  const alone = room.memberList(0);
  expect(room.memberList(5)).toBe(alone);
  room.enter(user(2));
  expect(room.memberList(5).users).toHaveLength(2);
  for (let n = 3; n <= 10_000; n++) room.enter(user(n));
  const crowd = room.memberList(2_000);
  expect(crowd.users).toHaveLength(10_000);
  room.leave(user(7));
  expect(room.memberList(2_999)).toBe(crowd);
  expect(room.memberList(3_000).users).toHaveLength(9_999);
  // Who has begun to read a list goes on with it.
  expect(crowd.users).toHaveLength(10_000);
  room.rename({ ...user(1), name: 'other' });
  expect(room.memberList(4_000).users[0]).toMatchObject({ id: 'u1', name: 'other' });
});

test('over the threshold and back: people again, and no number that is late', () => {
  const { room, told } = setUp();
  for (const n of [1, 2, 3]) room.enter(user(n));
  room.leave(user(2));
  expect(told.at(-1)).toMatchObject({ event: 'leave', user: user(2), members: 2 });
  const before = told.length;
  vi.advanceTimersByTime(5_000);
  expect(told).toHaveLength(before);
  room.enter(user(4));
  room.enter(user(5));
  expect(told).toHaveLength(before);
  vi.advanceTimersByTime(1_000);
  expect(told.slice(before)).toEqual([{ type: 'presence', room: 'crowd', members: 4 }]);
});
