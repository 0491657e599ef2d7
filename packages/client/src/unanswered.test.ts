import { expect, test } from 'vitest';
import { Unanswered } from './unanswered.ts';

function create({ most = 100, underWay = 100 } = {}) {
  const queue = new Unanswered<string, string>({ most, underWay });
  const add = (id: number, deadline = 1_000) =>
    queue.add({ id, message: `m${id}`, deadline, answer: () => {}, fail: () => {} });
  const send = (now = 0) => [...queue.takeSendable(now)].map(({ id }) => id);
  return { queue, add, send };
}

const refusedUntil = (notBefore: number) => ({ error: new Error('not now'), notBefore });

test('each is sent once, in order, and again after a break as long as it has no answer', () => {
  const { queue, add, send } = create();
  for (const id of [1, 2, 3]) add(id);
  expect(send()).toEqual([1, 2, 3]);
  expect(send()).toEqual([]);
  expect(queue.settle(2)?.message).toBe('m2');
  expect(queue.settle(2)).toBeUndefined();
  queue.lost();
  add(4);
  expect(send()).toEqual([1, 3, 4]);
});

test('only so many are under way, and only so many wait', () => {
  const { queue, add, send } = create({ most: 3, underWay: 2 });
  for (const id of [1, 2, 3]) add(id);
  expect(() => add(4)).toThrow(expect.objectContaining({ code: 'LIMIT_REACHED' }));
  expect(send()).toEqual([1, 2]);
  queue.settle(1);
  expect(send()).toEqual([3]);
});

test('one that was refused for the moment holds up those behind it until its time has come', () => {
  const { queue, add, send } = create();
  for (const id of [1, 2]) add(id);
  send();
  expect(queue.refused(1, refusedUntil(50))).toBe(true);
  expect(queue.refused(9, refusedUntil(50))).toBe(false);
  add(3);
  expect(send(49)).toEqual([]);
  queue.settle(2);
  queue.refused(1, refusedUntil(50));
  expect(queue.dueInMs(20)).toBe(30);
  expect(send(49)).toEqual([]);
  // It goes alone, until the server has taken it.
  expect(send(50)).toEqual([1]);
  queue.settle(1);
  expect(send(50)).toEqual([3]);
});

test('what has waited too long is taken out, sent or not; what may have been taken by the server is known', () => {
  const { queue, add, send } = create({ underWay: 1 });
  add(1, 100);
  add(2, 200);
  send();
  expect(queue.dueInMs(0)).toBe(100);
  expect(queue.take(({ deadline }) => deadline <= 100).map(({ id, mayBeTaken }) => [id, mayBeTaken])).toEqual([
    [1, true],
  ]);
  expect(queue.take(({ deadline }) => deadline <= 200).map(({ id, mayBeTaken }) => [id, mayBeTaken])).toEqual([
    [2, false],
  ]);
  expect(queue.dueInMs(0)).toBe(Number.POSITIVE_INFINITY);
});

test('no more are sent in a window than the server allows, with a margin', () => {
  const { queue, add, send } = create();
  queue.pace.set(2, 100);
  for (const id of [1, 2, 3, 4, 5]) add(id);
  expect(send(0)).toEqual([1, 2]);
  expect(send(105)).toEqual([]);
  expect(queue.dueInMs(105)).toBeCloseTo(5);
  expect(send(111)).toEqual([3, 4]);
  expect(send(300)).toEqual([5]);
});
