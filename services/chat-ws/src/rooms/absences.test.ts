import { amended, type LogEntry } from '@parley/common/contracts/log-entry';
import { Fanout } from '@parley/common/fanout/fanout';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { entryEncoders } from '../encode.ts';
import { Absences } from './absences.ts';
import { Room } from './room.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const user = (id: string) => ({ id, name: id, guest: false });

function setUp({ graceMs = 1_000, most = 10 } = {}) {
  const fanout = new Fanout<LogEntry>({ encoders: entryEncoders, amend: amended, retryDelayMs: () => 1 });
  const read = () => Promise.reject(new Error('nothing to read'));
  const feed = fanout.openFeed({ room: 'lobby', epoch: 'e1', head: 0, read });
  const room = new Room({ name: 'lobby', visibility: 'public', oldest: 1, feed, presenceDetail: 200 });
  const release = (released: Room) => {
    released.uses -= 1;
  };
  const absences = new Absences({ graceMs, most, release });
  const enter = (id: string) => {
    room.uses += 1;
    room.enter(user(id));
    absences.end(room, id);
  };
  const lose = (id: string) => absences.begin(room, user(id), performance.now());
  return { room, absences, enter, lose };
}

test('who is lost is in the room for a while, and then neither it nor a use of the room is left', () => {
  const { room, absences, enter, lose } = setUp();
  enter('a');
  enter('b');
  lose('a');
  vi.advanceTimersByTime(600);
  lose('b');
  vi.advanceTimersByTime(399);
  expect([room.members, room.uses, absences.size]).toEqual([2, 2, 2]);
  vi.advanceTimersByTime(1);
  expect([room.has('a'), room.has('b'), room.uses, absences.size]).toEqual([false, true, 1, 1]);
  vi.advanceTimersByTime(600);
  expect([room.members, room.uses, absences.size]).toEqual([0, 0, 0]);
});

test('who is back is there once, and leaves at once with a goodbye', () => {
  const { room, absences, enter, lose } = setUp();
  enter('a');
  for (let n = 0; n < 3; n++) {
    lose('a');
    enter('a');
    expect([room.members, room.uses, absences.size]).toEqual([1, 1, 0]);
  }
  room.leave(user('a'));
  expect(room.members).toBe(0);
});

test('of one user there is one absence in a room, however often it is lost', () => {
  const { room, absences, enter, lose } = setUp();
  enter('a');
  enter('a');
  lose('a');
  vi.advanceTimersByTime(900);
  lose('a');
  expect([room.uses, absences.size]).toEqual([1, 1]);
  vi.advanceTimersByTime(900);
  expect(room.members).toBe(1);
  vi.advanceTimersByTime(100);
  expect([room.members, room.uses]).toEqual([0, 0]);
});

test('beyond the limit, without a grace, of who is no more, and at the end, nobody is kept', () => {
  const limited = setUp({ most: 1 });
  for (const id of ['a', 'b']) limited.enter(id);
  for (const id of ['a', 'b']) limited.lose(id);
  expect([limited.room.has('a'), limited.room.has('b')]).toEqual([true, false]);
  limited.absences.endAll('a');
  expect(limited.room.uses).toBe(0);
  limited.absences.close();

  const none = setUp({ graceMs: 0 });
  none.enter('a');
  none.lose('a');
  expect([none.room.members, none.room.uses]).toEqual([0, 0]);

  const closed = setUp();
  closed.enter('a');
  closed.lose('a');
  closed.absences.close();
  // A link that is cut off at the very end.
  closed.enter('b');
  closed.lose('b');
  expect([closed.room.members, closed.room.uses, vi.getTimerCount()]).toEqual([0, 0, 0]);
});
