import type { ChatUser } from '@parley/common/contracts/chat/chat-user';
import { amended, type LogEntry } from '@parley/common/contracts/log-entry';
import { Fanout } from '@parley/common/fanout/fanout';
import { silentLogger } from '@parley/common/runtime/logger';
import { afterEach, expect, test, vi } from 'vitest';
import { Room } from '../rooms/room.ts';
import type { Bus } from './bus.ts';
import { Cluster } from './cluster.ts';
import { type NodeMessage, parseNodeMessage } from './node-message.ts';
import { createSubjects } from './subjects.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A bus that keeps what is published, and hands over what a test says that others have. */
function createBus(maxBytes = 1 << 20) {
  const takers = new Map<string, (payload: string) => void>();
  const published: string[] = [];
  const bus: Bus = {
    isUp: true,
    maxBytes,
    publish: (_subject, payload) => void published.push(payload),
    subscribe(subject, take) {
      takers.set(subject, take);
      return () => void takers.delete(subject);
    },
    flush: () => Promise.resolve(),
    onChange: () => {},
    close: () => Promise.resolve(),
  };
  const hear = (subject: string, message: NodeMessage) => takers.get(subject)?.(JSON.stringify(message));
  return { bus, published, hear };
}

function createCluster(bus: Bus) {
  return new Cluster({
    node: 'here',
    bus,
    subjects: createSubjects('parley'),
    limits: { beatMs: 1_000, leaseMs: 3_000, holeMs: 0 },
    retryDelayMs: () => 0,
    log: silentLogger(),
  });
}

const effects = { committed() {}, committedUpTo() {}, changed() {}, ended() {}, isBack() {} };

function openRoom(cluster: Cluster, name: string): Room {
  const link = cluster.link(name);
  const fanout = new Fanout<LogEntry>({ encoders: {}, amend: amended, retryDelayMs: () => 0 });
  const feed = fanout.openFeed({ room: name, epoch: 'e', head: 0, read: () => Promise.reject(new Error()) });
  const room = new Room({ name, visibility: 'public', oldest: 1, feed, presenceDetail: 10, link });
  link.attach(room, () => Promise.reject(new Error()));
  return room;
}

const user = (n: number): ChatUser => ({ id: `u${n}`, name: '\u0001'.repeat(64), guest: false });

test('a process that stood still does not take the others to be gone; one that stays silent is', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const { bus, hear } = createBus();
  const cluster = createCluster(bus);
  cluster.start(effects);
  const beat = () => hear('parley.all', { t: 'beat', n: 'b', rooms: [] });
  beat();
  // Stopped for long: the timer is late, and comes before what has been sent meanwhile.
  now += 20_000;
  vi.advanceTimersByTime(1_000);
  expect(cluster.nodes).toBe(1);
  beat();
  for (let n = 0; n < 3; n++) {
    now += 1_000;
    vi.advanceTimersByTime(1_000);
  }
  expect(cluster.nodes).toBe(1);
  now += 1_000;
  vi.advanceTimersByTime(1_000);
  expect(cluster.nodes).toBe(0);
  cluster.close();
});

test('who was in a room that is deleted is told to be there no more, so that nobody is a ghost in the next of its name', () => {
  const { bus, published } = createBus();
  const cluster = createCluster(bus);
  const room = openRoom(cluster, 'lobby');
  room.enter(user(1));
  const [joined] = published.map(parseNodeMessage);
  published.length = 0;
  room.close();
  room.leave(user(1));
  expect(published.map(parseNodeMessage)).toEqual([
    { t: 'members', n: 'here', room: 'lobby', v: 2, part: 0, parts: 1, users: [] },
  ]);
  expect(joined).toMatchObject({ t: 'presence', v: 1 });
  // One that is empty has nobody to tell of; what is numbered later, is later.
  openRoom(cluster, 'lobby').enter(user(2));
  expect(parseNodeMessage(published[1]!)).toMatchObject({ t: 'presence', v: 3 });
});

const seen = (n: number) => ({ type: 'seen', room: 'lobby', user: user(n), seq: n }) as const;

test('what a room is told together goes to the other nodes in one message, or in parts that the bus takes, and is told there', () => {
  const pushes = Array.from({ length: 50 }, (_, n) => seen(n + 1));
  const { bus, published } = createBus();
  openRoom(createCluster(bus), 'lobby').push(pushes);
  expect(published.map(parseNodeMessage)).toEqual([
    { t: 'push', n: 'here', epoch: 'e', m: pushes[0], more: pushes.slice(1) },
  ]);

  const small = createBus(8_000);
  openRoom(createCluster(small.bus), 'lobby').push(pushes);
  expect(Math.max(...small.published.map((payload) => Buffer.byteLength(payload)))).toBeLessThanOrEqual(8_000);
  const other = createBus();
  const told = vi.spyOn(openRoom(createCluster(other.bus), 'lobby'), 'pushHere');
  for (const payload of small.published) other.hear('parley.room.lobby', { ...parseNodeMessage(payload), n: 'b' });
  expect(told.mock.calls.flatMap(([some]) => some)).toEqual(pushes);
});

test('a crowd is told nothing by way of other nodes, and tells them nothing', () => {
  const { bus, published, hear } = createBus();
  const room = openRoom(createCluster(bus), 'lobby');
  for (let n = 1; n <= 11; n++) room.enter(user(n));
  published.length = 0;
  const told = vi.spyOn(room.feed, 'push');
  room.push([seen(1)]);
  hear('parley.room.lobby', { t: 'push', n: 'b', epoch: 'e', m: seen(2) });
  expect([published, told.mock.calls]).toEqual([[], []]);
  room.leave(user(11));
  hear('parley.room.lobby', { t: 'push', n: 'b', epoch: 'e', m: seen(2) });
  expect(told).toHaveBeenCalledTimes(2);
});

test('beats and members go in parts that the bus takes', () => {
  const { bus, published, hear } = createBus(8_000);
  const cluster = createCluster(bus);
  cluster.start(effects);
  for (let n = 0; n < 200; n++) openRoom(cluster, `${n}-${'r'.repeat(60)}`.slice(0, 64)).enter(user(n));
  const lobby = openRoom(cluster, 'lobby');
  for (let n = 0; n < 50; n++) lobby.enter(user(n));
  hear('parley.all', { t: 'ask', n: 'b', room: 'lobby' });
  hear('parley.all', { t: 'beat', n: 'b', hello: true, rooms: [] });
  const told = published.map(parseNodeMessage);
  expect(told.flatMap((one) => (one.t === 'members' ? one.users : []))).toHaveLength(50);
  expect(told.flatMap((one) => (one.t === 'beat' ? one.rooms : []))).toHaveLength(201);
  expect(Math.max(...published.map((payload) => Buffer.byteLength(payload)))).toBeLessThanOrEqual(8_000);
  cluster.close();
});
