import { expect, test } from 'vitest';
import { range, TestOutlet, TestRoom } from './test-room.ts';

test('a commit writes nothing in its own turn; a burst of commits is one write per socket', () => {
  const room = new TestRoom();
  const outlets = [new TestOutlet(), new TestOutlet()];
  for (const outlet of outlets) room.feed.add(outlet, { next: 1 });
  room.commit(4);
  room.commit(6);
  expect(outlets[0]!.got).toEqual([]);
  room.pump();
  for (const outlet of outlets) expect(outlet).toMatchObject({ got: range(1, 10), writes: 1 });
});

test('an entry is encoded once per format in use, however many subscribers there are', () => {
  const room = new TestRoom();
  for (let n = 0; n < 5; n++) room.feed.add(new TestOutlet(), { next: 1 });
  room.commit(2);
  room.pump();
  expect(room.encoded).toEqual(['plain 1', 'plain 2']);
  const other = new TestOutlet({ format: 'other' });
  room.feed.add(other, { next: 1 });
  room.commit(1);
  room.pump();
  expect(other.got).toEqual([1, 2, 3]);
  expect(room.encoded.filter((line) => line.startsWith('plain'))).toHaveLength(3);
  expect(room.encoded.filter((line) => line.startsWith('other'))).toHaveLength(3);
});

test('who joins at the head, or beyond it, is live and is given only what comes from its place on', () => {
  const room = new TestRoom({ head: 5 });
  const atHead = new TestOutlet();
  const beyond = new TestOutlet();
  expect(room.feed.add(atHead, { next: 6 }).state).toBe('live');
  expect(room.feed.add(beyond, { next: 8 }).state).toBe('live');
  room.commit(4);
  room.pump();
  expect(atHead.got).toEqual([6, 7, 8, 9]);
  expect(beyond.got).toEqual([8, 9]);
});

test('who joins with a position catches up from the log, and is live in the same turn as its last chunk', async () => {
  const room = new TestRoom({ limits: { chunkBytes: 30 }, head: 10 });
  const outlet = new TestOutlet();
  const subscriber = room.feed.add(outlet, { next: 3 });
  expect(subscriber.state).toBe('behind');
  await room.settle();
  expect(outlet.got).toEqual(range(3, 10));
  expect(subscriber.state).toBe('live');
  expect(room.fanout.stats.behind).toBe(0);
});

test('commits while a subscriber is catching up come after what it missed, once', async () => {
  const room = new TestRoom({ limits: { chunkBytes: 20 }, head: 6 });
  const outlet = new TestOutlet();
  room.feed.add(outlet, { next: 1 });
  for (let commit = 0; commit < 5; commit++) {
    room.commit(3);
    room.scheduler.takeTurn();
    await Promise.resolve();
  }
  await room.settle();
  expect(outlet.got).toEqual(range(1, 21));
});

test('a slow socket costs a cursor: its queue stays bounded, nobody waits for it, and it misses nothing', async () => {
  const room = new TestRoom({ limits: { behindBytes: 100, lowBytes: 20, chunkBytes: 50, tailBytesPerRoom: 2_000 } });
  const slow = new TestOutlet({ stuck: true });
  const quick = new TestOutlet();
  const subscriber = room.feed.add(slow, { next: 1 });
  room.feed.add(quick, { next: 1 });
  for (let commit = 0; commit < 50; commit++) {
    room.commit(4);
    room.pump();
  }
  expect(quick.got).toEqual(range(1, 200));
  expect(subscriber.state).toBe('behind');
  expect(slow.mostPending).toBeLessThanOrEqual(200);
  expect(room.fanout.stats).toMatchObject({ behind: 1, fellBehind: 1 });
  while (subscriber.state === 'behind') {
    slow.drain();
    await room.settle();
  }
  expect(slow.got).toEqual(range(1, 200));
  expect(slow.mostPending).toBeLessThanOrEqual(200);
  slow.stuck = false;
  room.commit(1);
  room.pump();
  expect(slow.got.at(-1)).toBe(201);
});

test('rooms of one client whose socket is slow take turns: a busy one keeps no other from it', async () => {
  const busy = new TestRoom({ limits: { behindBytes: 100, lowBytes: 20, chunkBytes: 50 } });
  const quiet = new TestRoom({ beside: busy, room: 'quiet', head: 2 });
  const outlet = new TestOutlet({ stuck: true });
  busy.feed.add(outlet, { next: 1 });
  busy.commit(200);
  await busy.settle();
  quiet.feed.add(outlet, { next: 1 });
  await busy.settle();
  for (let drained = 0; drained < 5; drained++) {
    busy.commit(10);
    outlet.drain();
    await busy.settle();
  }
  expect(outlet.got).toEqual(expect.arrayContaining(['quiet:1', 'quiet:2']));
});

test('of a log of large entries, little more is read than is written', async () => {
  const room = new TestRoom({ limits: { chunkBytes: 2_000, readEntries: 100 } });
  room.log.push(...range(1, 200).map((seq) => ({ seq, bytes: 500 })));
  room.feed.publish(room.log);
  const outlet = new TestOutlet();
  room.feed.add(outlet, { next: 1 });
  await room.settle();
  expect(outlet.got).toEqual(range(1, 200));
  expect(room.entriesRead).toBeLessThan(100 + 2 * 200);
});

test('a burst that is larger than what a socket may hold is written in parts', async () => {
  const room = new TestRoom({ limits: { behindBytes: 100, chunkBytes: 40 } });
  const outlet = new TestOutlet();
  room.feed.add(outlet, { next: 1 });
  room.commit(40);
  await room.settle();
  expect(outlet.got).toEqual(range(1, 40));
  expect(outlet.writes).toBeGreaterThan(5);
});

test('what the log has trimmed is told as a gap, and the rest is given', async () => {
  const room = new TestRoom({ head: 20 });
  room.trim(8);
  const outlet = new TestOutlet();
  room.feed.add(outlet, { next: 3 });
  await room.settle();
  expect(outlet.got).toEqual(['gap 3-7', ...range(8, 20)]);
});

test('to who asks for the first entry there is, nothing is missing', async () => {
  const room = new TestRoom({ head: 20 });
  room.trim(8);
  const outlet = new TestOutlet();
  room.feed.add(outlet, { next: 1, fromFirst: true });
  await room.settle();
  expect(outlet.got).toEqual(range(8, 20));
});

test('once it has its place there, what is trimmed later is missing', async () => {
  const room = new TestRoom({ head: 20 });
  room.trim(21);
  const outlet = new TestOutlet();
  room.feed.add(outlet, { next: 1, fromFirst: true });
  await room.settle();
  room.log.push(...range(21, 30).map((seq) => ({ seq, bytes: 10 })));
  room.trim(26);
  room.feed.publish(room.log.slice(29));
  await room.settle();
  expect(outlet.got).toEqual(['gap 21-25', ...range(26, 30)]);
});

test('a log that was trimmed to nothing is one gap up to the head', async () => {
  const room = new TestRoom({ head: 20 });
  room.trim(21);
  const outlet = new TestOutlet();
  const subscriber = room.feed.add(outlet, { next: 3 });
  await room.settle();
  expect(outlet.got).toEqual(['gap 3-20']);
  expect(subscriber.state).toBe('live');
});

test('a read that fails is tried again, with growing pauses', async () => {
  const room = new TestRoom({ head: 5 });
  room.failures = 3;
  const outlet = new TestOutlet();
  room.feed.add(outlet, { next: 1 });
  await room.settle();
  expect(outlet.got).toEqual(range(1, 5));
  expect(room.fanout.stats).toMatchObject({ logReads: 4, logReadFailures: 3 });
});

test('subscribers at one place share one read', async () => {
  const room = new TestRoom({ head: 50 });
  const outlets = range(1, 20).map(() => new TestOutlet());
  for (const outlet of outlets) room.feed.add(outlet, { next: 11 });
  await room.settle();
  for (const outlet of outlets) expect(outlet.got).toEqual(range(11, 50));
  expect(room.reads).toEqual([11]);
});

test('only so many reads are under way at once', async () => {
  const room = new TestRoom({ limits: { readsAtOnce: 2 }, head: 50 });
  room.held = true;
  const outlets = range(1, 5).map((next) => {
    const outlet = new TestOutlet();
    room.feed.add(outlet, { next });
    return outlet;
  });
  await room.settle();
  expect(room.reads).toHaveLength(2);
  room.held = false;
  room.answer();
  await room.settle();
  expect(outlets.map(({ got }) => got)).toEqual(range(1, 5).map((next) => range(next, 50)));
});

test('who is removed while a read is under way is given nothing more', async () => {
  const room = new TestRoom({ head: 10 });
  room.held = true;
  const outlet = new TestOutlet();
  const stays = new TestOutlet();
  const subscriber = room.feed.add(outlet, { next: 1 });
  room.feed.add(stays, { next: 1 });
  await room.settle();
  room.feed.remove(subscriber);
  room.answer();
  await room.settle();
  expect(outlet.got).toEqual([]);
  expect(stays.got).toEqual(range(1, 10));
  expect(room.fanout.stats.behind).toBe(0);
  room.feed.remove(subscriber);
  expect(room.feed.size).toBe(1);
});

test('who leaves and joins again elsewhere is served once, from its new place', async () => {
  const room = new TestRoom({ head: 10 });
  room.held = true;
  const outlet = new TestOutlet();
  room.feed.remove(room.feed.add(outlet, { next: 1 }));
  room.feed.add(outlet, { next: 9 });
  room.held = false;
  room.answer();
  await room.settle();
  expect(outlet.got).toEqual([9, 10]);
});

test('a new epoch is told to everybody, and the log is given from its first entry', async () => {
  const room = new TestRoom({ head: 5 });
  const live = new TestOutlet();
  const reading = new TestOutlet();
  room.feed.add(live, { next: 6 });
  room.held = true;
  room.feed.add(reading, { next: 2 });
  await room.settle();
  room.log.length = 2;
  room.feed.reset('e2', 2);
  room.held = false;
  room.answer();
  await room.settle();
  room.commit(1);
  room.pump();
  expect(live.got).toEqual(['reset e2 2', 1, 2, 3]);
  expect(reading.got).toEqual(['reset e2 2', 1, 2, 3]);
});

test('entries that come twice are given once, and a hole is read from the log', async () => {
  const room = new TestRoom();
  const outlet = new TestOutlet();
  room.feed.add(outlet, { next: 1 });
  room.commit(3);
  room.feed.publish(room.log.slice(1));
  room.log.push(...range(4, 9).map((seq) => ({ seq, bytes: 10 })));
  room.feed.publish(room.log.slice(7));
  await room.settle();
  expect(outlet.got).toEqual(range(1, 9));
});

test('what the log gives beyond the published head is not given again when it is published', async () => {
  const room = new TestRoom({ head: 5 });
  room.log.push({ seq: 6, bytes: 10 }, { seq: 7, bytes: 10 });
  const outlet = new TestOutlet();
  const subscriber = room.feed.add(outlet, { next: 4 });
  await room.settle();
  expect(outlet.got).toEqual([4, 5, 6, 7]);
  expect(subscriber.state).toBe('live');
  room.feed.publish([{ seq: 6, bytes: 10 }]);
  room.feed.publish([
    { seq: 7, bytes: 10 },
    { seq: 8, bytes: 10 },
  ]);
  room.pump();
  expect(outlet.got).toEqual([4, 5, 6, 7, 8]);
});

test('a walk over many serves everybody, whoever is idle, behind, or speaks otherwise in between', async () => {
  const room = new TestRoom({ limits: { behindBytes: 20, tailBytesPerRoom: 1_000 } });
  const kinds = range(0, 64).map((n) =>
    n % 7 === 3 ? 'idle' : n % 5 === 2 ? 'stuck' : n % 3 === 1 ? 'other' : 'plain',
  );
  const outlets = kinds.map(
    (kind) => new TestOutlet({ format: kind === 'other' ? 'other' : 'plain', stuck: kind === 'stuck' }),
  );
  for (const [index, outlet] of outlets.entries()) room.feed.add(outlet, { next: kinds[index] === 'idle' ? 9 : 1 });
  for (let burst = 0; burst < 3; burst++) {
    room.commit(3);
    room.pump();
  }
  for (const outlet of outlets) {
    outlet.stuck = false;
    outlet.drain();
  }
  await room.settle();
  for (const [index, { got }] of outlets.entries()) expect(got).toEqual(range(kinds[index] === 'idle' ? 9 : 1, 9));
});

test('a room larger than a turn is served over several turns, with what comes meanwhile', async () => {
  const room = new TestRoom({ limits: { walkPerTurn: 3 } });
  const outlets = range(1, 10).map(() => new TestOutlet());
  const subscribers = outlets.map((outlet) => room.feed.add(outlet, { next: 1 }));
  room.commit(1);
  room.scheduler.takeTurn();
  room.scheduler.takeTurn();
  expect(outlets.filter(({ got }) => got.length > 0)).toHaveLength(3);
  room.feed.remove(subscribers[0]!);
  room.feed.remove(subscribers[5]!);
  room.commit(1);
  await room.settle();
  for (const [index, { got }] of outlets.entries()) expect(got).toEqual(index === 0 ? [1] : index === 5 ? [] : [1, 2]);
});

test('what is not in the log goes to those who keep up, except who caused it', async () => {
  const room = new TestRoom({ limits: { behindBytes: 20 } });
  const [keepsUp, causes, isBehind] = [new TestOutlet(), new TestOutlet(), new TestOutlet({ stuck: true })];
  for (const outlet of [keepsUp, causes, isBehind]) room.feed.add(outlet, { next: 1 });
  room.commit(5);
  room.pump();
  const before = isBehind.got.length;
  room.feed.push(() => Buffer.from('typing\n'), causes);
  expect(keepsUp.got.at(-1)).toBe('typing');
  expect(causes.got.at(-1)).toBe(5);
  expect(isBehind.got).toHaveLength(before);
  room.feed.push(() => Buffer.from('typing\n'), causes, Buffer.from('typing, but not for you\n'));
  expect(causes.got.at(-1)).toBe('typing, but not for you');
  room.feed.push(() => Buffer.from('typing\n'), isBehind, Buffer.from('typing, but not for you\n'));
  expect(isBehind.got).toHaveLength(before);
});

test('lag is what each subscriber still has to be given', () => {
  const room = new TestRoom({ limits: { behindBytes: 20 }, head: 10 });
  room.feed.add(new TestOutlet(), { next: 11 });
  room.feed.add(new TestOutlet(), { next: 20 });
  room.feed.add(new TestOutlet({ stuck: true }), { next: 4 });
  expect([...room.feed.lags()]).toEqual([0, 0, 7]);
});

test('a closed feed has no subscribers and writes nothing more', async () => {
  const room = new TestRoom({ head: 3 });
  const outlet = new TestOutlet();
  room.feed.add(outlet, { next: 1 });
  room.feed.close();
  await room.settle();
  expect(outlet.got).toEqual([]);
  expect(room.feed.size).toBe(0);
});

test('who knows of more than the feed does reads the log until the feed has caught up, and no read from before', async () => {
  const room = new TestRoom({ head: 2 });
  room.held = true;
  // Its read begins before the change.
  const early = new TestOutlet();
  room.feed.add(early, { next: 1 });
  room.scheduler.takeTurn();
  expect(room.reads).toEqual([1]);
  room.delayed = true;
  room.change(1);
  const late = new TestOutlet();
  room.join(late, 1);
  room.commit(1);
  const later = new TestOutlet();
  room.join(later, 1);
  room.scheduler.takeTurn();
  expect(room.reads).toEqual([1, 1]);
  room.held = false;
  room.answer();
  await room.settle();
  expect(late.got).toEqual(['1~1', 2, '3>1~1', 4]);
  room.deliver();
  await room.settle();
  expect(later.got).toEqual(['1~1', 2, '3>1~1', 4]);
  expect(early.got).toEqual([1, 2, '3>1~1', 4]);
});

test('what was read before a hole is read again: there may be changes in it', async () => {
  const room = new TestRoom({ head: 40, limits: { tailBytesPerRoom: 600, chunkBytes: 100 } });
  const outlet = new TestOutlet({ stuck: true });
  room.feed.add(outlet, { next: 1 });
  room.held = true;
  room.scheduler.takeTurn();
  room.scheduler.takeTurn();
  expect(room.reads).toEqual([1]);
  room.delayed = true;
  room.change(5);
  room.change(6);
  // The first of the two never comes.
  room.feed.publish([room.log.at(-1)!]);
  room.held = false;
  room.answer();
  outlet.stuck = false;
  await room.settle();
  expect(outlet.got.slice(0, 7)).toEqual([1, 2, 3, 4, '5~1', '6~1', 7]);
  expect(outlet.got.slice(-2)).toEqual(['41>5~1', '42>6~1']);
});
