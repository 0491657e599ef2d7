import { amended, type LogEntry } from '@parley/common/contracts/log-entry';
import type { MemberRole } from '@parley/common/contracts/room';
import { Fanout } from '@parley/common/fanout/fanout';
import { ManualScheduler } from '@parley/common/fanout/manual-scheduler';
import type { Outlet } from '@parley/common/fanout/outlet';
import { expect, test, vi } from 'vitest';
import { entryEncoders } from '../encode.ts';
import type { RoomHead, RoomLog } from '../log/room-log.ts';
import { type Actor, anybody } from './rights.ts';
import type { Room } from './room.ts';
import { Rooms } from './rooms.ts';

const ada = { id: 'u_ada', guest: false };
const guest = { id: 'g_1', guest: true };
const from = { id: 'u_ada', name: 'ada' };

/** A log whose rooms are opened when the test says so. */
function setUp(head: Partial<RoomHead> = {}) {
  const opened: PromiseWithResolvers<RoomHead | undefined>[] = [];
  const entries: LogEntry[] = [];
  const epochs = { now: 'e1' };
  const roles = new Map<string, MemberRole>();
  const gone: string[] = [];
  /** What happens once a role has been read, before it is known here. */
  const meanwhile: (() => void)[] = [];
  const openRoom = () => {
    const answer = Promise.withResolvers<RoomHead | undefined>();
    opened.push(answer);
    return answer.promise;
  };
  const log: Pick<RoomLog, 'openRoom' | 'read' | 'access'> = {
    openRoom,
    async access(_room, user) {
      // Who is in the room asks for the role only.
      if (rooms.get('lobby') === undefined) {
        const head = await openRoom();
        return head && { head, role: roles.get(user) };
      }
      const role = roles.get(user);
      meanwhile.shift()?.();
      return { head: { ...room, epoch: epochs.now }, role };
    },
    read: async (_room, seq) => ({
      entries: entries.filter((entry) => entry.seq >= seq),
      epoch: epochs.now,
      head: entries.length,
      oldest: 1,
    }),
  };
  const scheduler = new ManualScheduler();
  const fanout = new Fanout<LogEntry>({ encoders: entryEncoders, amend: amended, scheduler, retryDelayMs: () => 1 });
  const onGone = ({ name }: Room) => void gone.push(name);
  const rooms = new Rooms({ log: log as RoomLog, fanout, presenceDetail: 200, onGone });
  const use = (name: string, user: Actor, wish = {}) => rooms.use(name, user, wish, (used) => used);
  const room: RoomHead = {
    room: 'lobby',
    epoch: 'e1',
    head: 0,
    oldest: 1,
    visibility: 'public',
    createdBy: from,
    createdAt: 0,
    topic: '',
    version: 1,
    ...head,
  };
  return { rooms, use, scheduler, opened, entries, epochs, room, roles, gone, meanwhile };
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
  const { rooms, use, opened, room } = setUp();
  const [first, second] = [use('lobby', ada), use('lobby', guest)];
  expect(opened).toHaveLength(1);
  opened[0]?.resolve(room);
  expect(await first).toBe(await second);
  rooms.release(await first);
  expect(rooms.size).toBe(1);
  rooms.release(await second);
  expect(rooms.size).toBe(0);
});

test('what is committed while a room is being opened is not lost', async () => {
  const { rooms, use, opened, room, entries, scheduler } = setUp();
  const using = use('lobby', ada);
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
  const { rooms, use, opened, room, roles } = setUp({ visibility: 'private' });
  roles.set('u_ada', 'member').set('u_mallory', 'banned');
  for (const user of [guest, { id: 'u_eve', guest: false }, { id: 'u_mallory', guest: false }]) {
    const using = use('lobby', user);
    opened.at(-1)?.resolve(room);
    await expect(using).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const facts = (async () => rooms.facts('lobby', user, 0))();
    opened.at(-1)?.resolve(room);
    await expect(facts).rejects.toMatchObject({ code: 'NOT_FOUND' });
  }
  expect(rooms.size).toBe(0);
  const using = use('lobby', ada);
  opened.at(-1)?.resolve(room);
  await using;
  expect(() => rooms.facts('lobby', guest, 0)).toThrow('no such room');
  expect(await rooms.facts('lobby', ada, 0)).toEqual({ visibility: 'private', role: 'member', epoch: 'e1' });
});

test('what is known of a room that nobody is in, and of a user in it, is looked up again after a while', async () => {
  const { rooms, opened, room } = setUp();
  const first = rooms.facts('lobby', ada, 0);
  opened[0]?.resolve(room);
  await first;
  expect(rooms.facts('lobby', ada, 2_000)).toEqual({ visibility: 'public', role: undefined, epoch: 'e1' });
  expect(rooms.facts('lobby', anybody, 2_000)).toEqual({ visibility: 'public', role: undefined, epoch: 'e1' });
  expect(opened).toHaveLength(1);
  void rooms.facts('lobby', ada, 3_000);
  expect(opened).toHaveLength(2);
  void rooms.facts('lobby', anybody, 10_000);
  expect(opened).toHaveLength(3);
});

test('what has changed while it was looked up is looked up again', async () => {
  const { rooms, opened, room, roles } = setUp();
  roles.set('u_ada', 'member');
  const looking = Promise.resolve(rooms.facts('lobby', ada, 0));
  rooms.memberChanged('lobby', 'u_ada');
  opened[0]?.resolve(room);
  await vi.waitFor(() => expect(opened).toHaveLength(2));
  roles.set('u_ada', 'banned');
  opened[1]?.resolve(room);
  await expect(looking).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(() => rooms.facts('lobby', ada, 1)).toThrow('banned');
  rooms.memberChanged('lobby', 'u_ada');
  roles.delete('u_ada');
  const again = rooms.facts('lobby', ada, 2);
  opened[2]?.resolve(room);
  expect(await again).toMatchObject({ role: undefined });
});

test('who is banned while it joins does not get in', async () => {
  const { rooms, use, opened, room, roles, meanwhile } = setUp();
  const first = use('lobby', guest);
  opened[0]?.resolve(room);
  await first;
  meanwhile.push(() => {
    roles.set('u_ada', 'banned');
    rooms.memberChanged('lobby', 'u_ada');
  });
  const joining = use('lobby', ada);
  await expect(joining).rejects.toMatchObject({ code: 'FORBIDDEN' });
  rooms.release(await first);
  expect(rooms.size).toBe(0);
});

test('a room that is changed or deleted while it is being opened is looked at again', async () => {
  const { rooms, use, opened, room } = setUp();
  const joining = use('lobby', guest);
  rooms.changed({ room: 'lobby', epoch: 'e1', visibility: 'private' });
  opened[0]?.resolve(room);
  await vi.waitFor(() => expect(opened).toHaveLength(2));
  rooms.deleted('lobby', 'e1');
  opened[1]?.resolve({ ...room, visibility: 'private' });
  await vi.waitFor(() => expect(opened).toHaveLength(3));
  opened[2]?.resolve(undefined);
  await expect(joining).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a deleted room is closed for those in it; under its name another one can be opened', async () => {
  const { rooms, use, opened, room, gone, epochs } = setUp();
  const joining = use('lobby', ada);
  opened[0]?.resolve(room);
  const old = await joining;
  rooms.deleted('lobby', 'e0');
  expect(gone).toEqual([]);
  rooms.deleted('lobby', 'e1');
  expect(gone).toEqual(['lobby']);
  expect(old.isClosed).toBe(true);
  epochs.now = 'e2';
  const again = use('lobby', guest);
  opened[1]?.resolve({ ...room, epoch: 'e2' });
  expect((await again).feed.epoch).toBe('e2');
  rooms.release(old);
  expect(rooms.get('lobby')).toBe(await again);
});

test('who may create a room does so, though somebody who may not has asked first', async () => {
  const { use, opened, room } = setUp();
  const mayNot = use('lobby', guest);
  const may = use('lobby', ada, {
    create: { by: { ...from, guest: false }, visibility: 'public', limits: { total: 1, perUser: 1 } },
  });
  opened[0]?.resolve(undefined);
  await expect(mayNot).rejects.toMatchObject({ code: 'NOT_FOUND' });
  opened[1]?.resolve(room);
  expect(await may).toMatchObject({ name: 'lobby' });
});

test('a room that was deleted and made again elsewhere: those in the old one get nothing of the new one', async () => {
  const { rooms, use, opened, room, scheduler, entries, epochs, gone } = setUp({ head: 5 });
  const joining = use('lobby', ada);
  opened[0]?.resolve(room);
  const lobby = await joining;
  const outlet = recorder();
  lobby.feed.add(outlet, { next: 6 });
  // Late news of an earlier life changes nothing.
  for (const seq of [6, 7, 8]) rooms.committed('lobby', 'e0', [{ seq, at: 0, from, text: 'late' }]);
  // However much of it comes, that is looked up once at a time.
  expect(opened).toHaveLength(2);
  opened[1]?.resolve(room);
  await scheduler.settle();
  expect(gone).toEqual([]);
  epochs.now = 'e2';
  entries.push({ seq: 1, at: 0, from, text: 'anew' });
  rooms.committed('lobby', 'e2', entries);
  opened[2]?.resolve({ ...room, epoch: 'e2', head: 1 });
  await vi.waitFor(() => expect(gone).toEqual(['lobby']));
  await scheduler.settle();
  expect(outlet.seqs).toEqual([]);
});

test('who reads on in the log of a room that was deleted elsewhere leaves it', async () => {
  const { rooms, use, opened, room, scheduler, entries, epochs, gone } = setUp({ head: 5 });
  const joining = use('lobby', ada);
  opened[0]?.resolve(room);
  const lobby = await joining;
  epochs.now = 'e2';
  entries.push(...[1, 2, 3, 4, 5].map((seq) => ({ seq, at: 0, from, text: 'anew' })));
  const outlet = recorder();
  lobby.feed.add(outlet, { next: 1 });
  await scheduler.settle();
  await vi.waitFor(() => expect(gone).toEqual(['lobby']));
  expect(outlet.seqs).toEqual([]);
  expect(rooms.size).toBe(0);
});

test('a room is not kept in memory by who could not be told where its log begins', async () => {
  const { rooms, use, opened, room } = setUp({ head: 5 });
  const using = use('lobby', ada, { after: 'start' });
  opened[0]?.resolve(room);
  await vi.waitFor(() => expect(opened).toHaveLength(2));
  opened[1]?.reject(new Error('the database is away'));
  await expect(using).rejects.toThrow('the database is away');
  expect(rooms.size).toBe(0);
});
