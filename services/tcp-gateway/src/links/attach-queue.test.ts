import { expect, test } from 'vitest';
import { type Attaching, AttachQueue } from './attach-queue.ts';

class Session implements Attaching<string> {
  link: string | undefined;

  attach(link: string): void {
    this.link = link;
  }
}

/** A clock that goes on when the test says so. */
function createClock() {
  let time = 0;
  const timers: { at: number; work: () => void }[] = [];
  return {
    now: () => time,
    later: (ms: number, work: () => void) => void timers.push({ at: time + ms, work }),
    pass(ms: number) {
      time += ms;
      for (const { work } of timers.splice(0).filter((timer) => timer.at <= time || !timers.push(timer))) work();
    },
  };
}

const { now, later } = createClock();

test('sessions wait for a link and are attached a few at a time', () => {
  let link: string | undefined;
  const queue = new AttachQueue<string>({ atOnce: 2, pick: () => link, now, later });
  const sessions = [new Session(), new Session(), new Session(), new Session()];
  for (const session of sessions) queue.add(session);
  const links = () => sessions.map((session) => session.link);
  expect(links()).toEqual([undefined, undefined, undefined, undefined]);
  link = 'a';
  queue.serve();
  expect(links()).toEqual(['a', 'a', undefined, undefined]);
  queue.done(sessions[0]!);
  expect(links()).toEqual(['a', 'a', 'a', undefined]);
  link = 'b';
  queue.add(sessions[1]!);
  expect(links()).toEqual(['a', 'a', 'a', 'b']);
  queue.done(sessions[2]!);
  expect(links()).toEqual(['a', 'b', 'a', 'b']);
  expect(queue.waiting).toBe(0);
});

test('one that is gone is not attached; one that is done at once makes way at once', () => {
  const queue = new AttachQueue<string>({ atOnce: 1, pick: () => 'a', now, later });
  const attached: number[] = [];
  const session = (number: number): Attaching<string> => ({
    attach() {
      attached.push(number);
      queue.done(this);
    },
  });
  const stuck: Attaching<string> = { attach: () => {} };
  const gone = session(1);
  queue.add(stuck);
  queue.add(gone);
  queue.add(session(2));
  queue.add(session(3));
  queue.done(gone);
  queue.done(stuck);
  expect(attached).toEqual([2, 3]);
});

test('after a drain, sessions are attached no faster than was asked for, and then as fast as they come', () => {
  const clock = createClock();
  let attached = 0;
  const queue = new AttachQueue<string>({ atOnce: 100, pick: () => 'a', ...clock });
  const add = (count: number) => {
    for (let n = 0; n < count; n++) {
      queue.add({
        attach() {
          attached += 1;
          queue.done(this);
        },
      });
    }
  };
  add(5);
  expect(attached).toBe(5);
  queue.slowDown({ perSecond: 10, sessions: 20 });
  queue.slowDown({ perSecond: 10, sessions: 20 });
  add(40);
  expect(attached - 5).toBeLessThanOrEqual(2);
  const perSecond: number[] = [];
  for (let second = 0; second < 3; second++) {
    const before = attached;
    for (let tick = 0; tick < 40; tick++) clock.pass(25);
    perSecond.push(attached - before);
  }
  expect(Math.max(...perSecond)).toBeLessThanOrEqual(21);
  expect(attached).toBe(45);
  add(100);
  expect(attached).toBe(145);
});
