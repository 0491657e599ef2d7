import { amended, type LogEntry } from '@parley/common/contracts/log-entry';
import { Fanout } from '@parley/common/fanout/fanout';
import type { Outlet } from '@parley/common/fanout/outlet';
import { silentLogger } from '@parley/common/runtime/logger';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { entryEncoders } from '../encode.ts';
import type { KeptMark } from '../log/seen.ts';
import { Room } from './room.ts';
import { SeenMarks } from './seen-marks.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const user = (id: string) => ({ id, name: id, guest: id.startsWith('g_') });

function setUp({ maxWaiting = 10, presenceDetail = 200 } = {}) {
  const fanout = new Fanout<LogEntry>({ encoders: entryEncoders, amend: amended, retryDelayMs: () => 1 });
  const read = () => Promise.reject(new Error('nothing to read'));
  const feed = fanout.openFeed({ room: 'lobby', epoch: 'e1', head: 100, read });
  const facts = { name: 'lobby', visibility: 'public' } as const;
  const room = new Room({ ...facts, oldest: 1, feed, presenceDetail });
  const batches: (readonly KeptMark[])[] = [];
  const state = { failures: 0 };
  const marks = new SeenMarks({
    async store(batch) {
      batches.push(batch);
      if (state.failures > 0) throw new Error(`${state.failures--} to go`);
    },
    gatherMs: 200,
    maxWaiting,
    retryDelayMs: (attempt) => 1_000 * (attempt + 1),
    log: silentLogger(),
  });
  const mark = (id: string, seq: number) => {
    room.enter(user(id));
    marks.mark(room, user(id), { seq, at: seq });
  };
  const stored = () => batches.map((batch) => batch.map(({ user: { id }, epoch, seq }) => [id, epoch, seq]));
  return { room, marks, mark, stored, batches, state };
}

test('a failed write is repeated with what has moved on meanwhile, until it is done', async () => {
  const { marks, mark, stored, state } = setUp();
  state.failures = 2;
  mark('a', 1);
  mark('b', 2);
  await vi.advanceTimersByTimeAsync(199);
  expect(stored()).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  mark('a', 3);
  await vi.advanceTimersByTimeAsync(3_000);
  const [both, moved] = [
    [
      ['a', 'e1', 1],
      ['b', 'e1', 2],
    ],
    [
      ['a', 'e1', 3],
      ['b', 'e1', 2],
    ],
  ];
  expect(stored()).toEqual([both, moved, moved]);
  expect(marks.waiting).toBe(0);
});

test('what waits is bounded, refused beyond, and stored when it is closed', async () => {
  const { marks, mark, stored, state } = setUp({ maxWaiting: 2 });
  state.failures = 1;
  mark('a', 1);
  mark('b', 1);
  expect(() => mark('c', 1)).toThrow('Too many marks');
  mark('b', 2);
  await vi.advanceTimersByTimeAsync(200);
  await marks.close();
  expect(stored().at(-1)).toEqual([
    ['a', 'e1', 1],
    ['b', 'e1', 2],
  ]);
});

test('a guest’s mark is not kept, and one of an older log neither told nor mixed up with the new one', async () => {
  const { room, mark, stored } = setUp();
  mark('g_1', 1);
  await vi.advanceTimersByTimeAsync(200);
  expect(stored()).toEqual([]);
  mark('a', 90);
  room.feed.reset('e2', 100);
  mark('a', 3);
  await vi.advanceTimersByTimeAsync(200);
  expect(stored()).toEqual([
    [
      ['a', 'e1', 90],
      ['a', 'e2', 3],
    ],
  ]);
});

test('who comes back does not bring an own mark down that still waits', async () => {
  const { room, mark, stored } = setUp();
  mark('a', 9);
  room.leave(user('a'));
  mark('a', 2);
  await vi.advanceTimersByTimeAsync(200);
  expect(stored()).toEqual([[['a', 'e1', 9]]]);
});

test('who forgets a user learns when what was being stored is stored', async () => {
  const { room, marks, mark } = setUp();
  const storing = Promise.withResolvers<void>();
  const slow = new SeenMarks({
    store: () => storing.promise,
    gatherMs: 200,
    maxWaiting: 10,
    retryDelayMs: () => 1,
    log: silentLogger(),
  });
  slow.mark(room, user('a'), { seq: 1, at: 1 });
  await vi.advanceTimersByTimeAsync(200);
  slow.forget('a');
  let isStored = false;
  void slow.stored().then(() => {
    isStored = true;
  });
  await vi.advanceTimersByTimeAsync(10);
  expect(isStored).toBe(false);
  storing.resolve();
  await vi.advanceTimersByTimeAsync(10);
  expect(isStored).toBe(true);
  mark('b', 1);
  await marks.stored();
});

/** A subscriber, by what each write to it was. */
function listen(room: Room): Buffer[] {
  const writes: Buffer[] = [];
  const outlet: Outlet = {
    format: 'json',
    pendingBytes: () => 0,
    write: (bytes) => void writes.push(bytes),
    afterFlush: () => {},
    gap: () => {},
    reset: () => {},
  };
  room.feed.add(outlet, { next: room.head + 1 });
  return writes;
}

/** What is in short text frames, RFC 6455 §5.2. */
function jsonIn(bytes: Buffer): object[] {
  const messages = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 2 + bytes[at + 1]!;
    messages.push(JSON.parse(String(bytes.subarray(at + 2, end))));
    at = end;
  }
  return messages;
}

const users = Array.from({ length: 500 }, (_, n) => `u${n}`);

test('the marks of all users of a room are one write to each who is in it, a frame each, in order', async () => {
  const { room, mark } = setUp({ maxWaiting: 500, presenceDetail: 500 });
  for (const id of users) room.enter(user(id));
  const written = users.map(() => listen(room));
  for (const id of users) mark(id, 7);
  await vi.advanceTimersByTimeAsync(200);
  const frames = users.map((id) => ({ type: 'seen', room: 'lobby', user: user(id), seq: 7 }));
  expect(written.map((writes) => writes.length)).toEqual(users.map(() => 1));
  expect(jsonIn(written[499]![0]!)).toEqual(frames);
});

test('a crowd is not told; its marks are kept', async () => {
  const { room, mark, stored } = setUp({ maxWaiting: 500, presenceDetail: 499 });
  for (const id of users) room.enter(user(id));
  const writes = listen(room);
  for (const id of users) mark(id, 7);
  await vi.advanceTimersByTimeAsync(200);
  expect(writes).toEqual([]);
  expect(stored().flat()).toEqual(users.map((id) => [id, 'e1', 7]));
});
