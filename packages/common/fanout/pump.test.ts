import { expect, test } from 'vitest';
import { defaultFanoutLimits, type FanoutLimits } from './limits.ts';
import { ManualScheduler } from './manual-scheduler.ts';
import { Pump, type Steppable } from './pump.ts';

function setUp(limits: Partial<FanoutLimits> = {}) {
  const scheduler = new ManualScheduler();
  const commits = { pending: false };
  const pump = new Pump(scheduler, { ...defaultFanoutLimits, ...limits }, () => commits.pending);
  return { scheduler, commits, pump };
}

function room(size: number) {
  const walkable = {
    size,
    head: 0,
    walks: 0,
    walk() {
      walkable.walks += 1;
      return true;
    },
  };
  return walkable;
}

test('rooms of all sizes are walked over two turns after a commit behind which nothing comes', () => {
  const { scheduler, pump } = setUp();
  const rooms = [room(5), room(1_500)];
  for (const each of rooms) pump.mark(each);
  scheduler.takeTurn();
  expect(rooms.map(({ walks }) => walks)).toEqual([0, 0]);
  scheduler.takeTurn();
  expect(rooms.map(({ walks }) => walks)).toEqual([1, 1]);
});

test('a small room does not wait for what is being committed', () => {
  const { scheduler, commits, pump } = setUp();
  const small = room(5);
  commits.pending = true;
  pump.mark(small);
  scheduler.takeTurn();
  scheduler.takeTurn();
  expect(small.walks).toBe(1);
});

test('a large room waits while more is being committed, in proportion to its size, and never longer than the limit', () => {
  const { scheduler, commits, pump } = setUp({ pausePerSubscriberMs: 0.002, longestPauseMs: 10 });
  const large = room(1_500);
  const mark = () => {
    commits.pending = true;
    pump.mark(large);
    scheduler.takeTurn();
    scheduler.takeTurn();
  };
  mark();
  scheduler.pass(3);
  expect(large.walks).toBe(0);
  commits.pending = false;
  large.head += 1;
  scheduler.pass(3);
  expect(large.walks).toBe(0);
  scheduler.pass(3);
  expect(large.walks).toBe(1);

  mark();
  for (let ms = 0; ms < 9; ms += 3) scheduler.pass(3);
  expect(large.walks).toBe(1);
  scheduler.pass(1);
  expect(large.walks).toBe(2);
});

test('catching up is capped per turn, in bytes and in chunks, and fair', () => {
  const { scheduler, pump } = setUp({ catchUpBytesPerTurn: 1_000, catchUpChunksPerTurn: 3 });
  const served: string[] = [];
  const subscriber = (name: string, bytes: number, steps: number): Steppable => ({
    step() {
      served.push(name);
      steps -= 1;
      if (steps > 0) pump.wake(this);
      return bytes;
    },
  });
  for (const each of [subscriber('a', 600, 2), subscriber('b', 600, 1), subscriber('c', 10, 2), subscriber('d', 10, 1)])
    pump.wake(each);
  const turns: string[] = [];
  for (let turn = 0; turn < 4; turn++) {
    scheduler.takeTurn();
    turns.push(served.splice(0).join(''));
  }
  expect(turns).toEqual(['ab', 'cda', 'c', '']);
});

test('a closed pump does nothing more', () => {
  const { scheduler, pump } = setUp();
  const [small, large] = [room(1), room(1_000)];
  pump.mark(small);
  pump.mark(large);
  pump.close();
  pump.mark(small);
  scheduler.takeTurn();
  scheduler.takeTurn();
  scheduler.pass(100);
  expect([small.walks, large.walks]).toEqual([0, 0]);
});
