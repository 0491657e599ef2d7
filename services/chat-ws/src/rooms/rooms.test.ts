import type { LogEntry } from '@parley/common/contracts/log-entry';
import { Fanout } from '@parley/common/fanout/fanout';
import { ManualScheduler } from '@parley/common/fanout/manual-scheduler';
import type { Outlet } from '@parley/common/fanout/outlet';
import { expect, test, vi } from 'vitest';
import { entryEncoders } from '../encode.ts';
import type { RoomHead, RoomLog } from '../log/room-log.ts';
import { Rooms } from './rooms.ts';

const ada = { id: 'u_ada', guest: false };
const guest = { id: 'g_1', guest: true };
const from = { id: 'u_ada', name: 'ada' };

/** A log whose rooms are opened when the test says so. */
function setUp(head: Partial<RoomHead> = {}) {
  const opened: PromiseWithResolvers<RoomHead | undefined>[] = [];
  const entries: LogEntry[] = [];
  const epochs = { now: 'e1' };
  const log: Pick<RoomLog, 'openRoom' | 'read'> = {
    openRoom() {
      const answer = Promise.withResolvers<RoomHead | undefined>();
      opened.push(answer);
      return answer.promise;
    },
    read: async (_room, seq) => ({
      entries: entries.filter((entry) => entry.seq >= seq),
      epoch: epochs.now,
      head: entries.length,
      oldest: 1,
    }),
  };
  const scheduler = new ManualScheduler();
  const fanout = new Fanout<LogEntry>({ encoders: entryEncoders, scheduler, retryDelayMs: () => 1 });
  const rooms = new Rooms({ log: log as RoomLog, fanout, presenceDetail: 200 });
  const room: RoomHead = {
    room: 'lobby',
    epoch: 'e1',
    head: 0,
    oldest: 1,
    visibility: 'public',
    createdBy: from,
    createdAt: 0,
    ...head,
  };
  return { rooms, scheduler, opened, entries, epochs, room };
}

function recorder(): Outlet & { seqs: number[] } {
  const seqs: number[] = [];
  return {
    format: 'json',
    seqs,
    pendingBytes: () => 0,
    write: (bytes) =>
      void seqs.push(...[...bytes.toString('latin1').matchAll(/"seq":(\d+)/g)].map(([, seq]) => Number(seq))),
    afterFlush: (flushed) => queueMicrotask(flushed),
    gap: () => {},
    reset: () => {},
  };
}

test('who asks for a room at the same time shares one look into the log', async () => {
  const { rooms, opened, room } = setUp();
  const [first, second] = [rooms.use('lobby', ada), rooms.use('lobby', guest)];
  expect(opened).toHaveLength(1);
  opened[0]?.resolve(room);
  expect(await first).toBe(await second);
  rooms.release(await first);
  expect(rooms.size).toBe(1);
  rooms.release(await second);
  expect(rooms.size).toBe(0);
});

test('what is committed while a room is being opened is not lost', async () => {
  const { rooms, opened, room, entries, scheduler } = setUp();
  const using = rooms.use('lobby', ada);
  entries.push({ seq: 1, at: 0, from, text: 'meanwhile' });
  rooms.committed('lobby', 'e1', entries);
  opened[0]?.resolve(room);
  const lobby = await using;
  expect(lobby.feed.head).toBe(1);
  const outlet = recorder();
  lobby.feed.add(outlet, { next: 1 });
  entries.push({ seq: 2, at: 0, from, text: 'later' });
  rooms.committed('lobby', 'e1', entries.slice(1));
  await scheduler.settle();
  expect(outlet.seqs).toEqual([1, 2]);
});

test('a private room does not exist for outsiders and guests', async () => {
  const { rooms, opened, room } = setUp({ visibility: 'private' });
  for (const user of [guest, { id: 'u_eve', guest: false }, { ...guest, id: 'u_ada' }]) {
    const using = rooms.use('lobby', user);
    opened.at(-1)?.resolve(room);
    await expect(using).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const facts = rooms.facts('lobby', user, 0);
    opened.at(-1)?.resolve(room);
    await expect(facts).rejects.toMatchObject({ code: 'NOT_FOUND' });
  }
  expect(rooms.size).toBe(0);
  const using = rooms.use('lobby', ada);
  opened.at(-1)?.resolve(room);
  await using;
  expect(() => rooms.facts('lobby', guest, 0)).toThrow('no such room');
  expect(rooms.facts('lobby', ada, 0)).toMatchObject({ visibility: 'private' });
});

test('what is known of a room that nobody is in is looked up again after a while', async () => {
  const { rooms, opened, room } = setUp();
  const first = rooms.facts('lobby', ada, 0);
  opened[0]?.resolve(room);
  await first;
  expect(rooms.facts('lobby', ada, 5_000)).toMatchObject({ visibility: 'public' });
  expect(opened).toHaveLength(1);
  void rooms.facts('lobby', ada, 20_000);
  expect(opened).toHaveLength(2);
});

test('who may create a room does so, though somebody who may not has asked first', async () => {
  const { rooms, opened, room } = setUp();
  const mayNot = rooms.use('lobby', guest);
  const may = rooms.use('lobby', ada, {
    create: { by: { ...from, guest: false }, visibility: 'public', limits: { total: 1, perUser: 1 } },
  });
  opened[0]?.resolve(undefined);
  await expect(mayNot).rejects.toMatchObject({ code: 'NOT_FOUND' });
  opened[1]?.resolve(room);
  expect(await may).toMatchObject({ name: 'lobby' });
});

test('a log that has begun anew is told to those in the room', async () => {
  const { rooms, opened, room, scheduler, entries, epochs } = setUp({ head: 5 });
  const using = rooms.use('lobby', ada);
  opened[0]?.resolve(room);
  const lobby = await using;
  const outlet = recorder();
  lobby.feed.add(outlet, { next: 6 });
  epochs.now = 'e2';
  entries.push({ seq: 1, at: 0, from, text: 'anew' });
  rooms.committed('lobby', 'e2', entries);
  await scheduler.settle();
  expect(lobby.feed).toMatchObject({ epoch: 'e2', head: 1 });
  expect(outlet.seqs).toEqual([1]);
});

test('a room is not kept in memory by who could not be told where its log begins', async () => {
  const { rooms, opened, room } = setUp({ head: 5 });
  const using = rooms.use('lobby', ada, { after: 'start' });
  opened[0]?.resolve(room);
  await vi.waitFor(() => expect(opened).toHaveLength(2));
  opened[1]?.reject(new Error('the database is away'));
  await expect(using).rejects.toThrow('the database is away');
  expect(rooms.size).toBe(0);
});
