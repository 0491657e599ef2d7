import { expect, test } from 'vitest';
import { type Attaching, AttachQueue } from './attach-queue.ts';

class Session implements Attaching<string> {
  link: string | undefined;

  attach(link: string): void {
    this.link = link;
  }
}

test('sessions wait for a link and are attached a few at a time', () => {
  let link: string | undefined;
  const queue = new AttachQueue<string>({ atOnce: 2, pick: () => link });
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
  const queue = new AttachQueue<string>({ atOnce: 1, pick: () => 'a' });
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
