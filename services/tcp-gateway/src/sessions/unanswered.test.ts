import { expect, test } from 'vitest';
import { Unanswered } from './unanswered.ts';

const request = (text: string, deadline = 0) => ({
  question: { type: 'post', room: 'lobby', text } as const,
  hasOwnKey: false,
  answered: () => {},
  deadline,
});

function sendAll(unanswered: Unanswered): number[] {
  const numbers: number[] = [];
  for (let next = unanswered.nextUnsent(); next; next = unanswered.nextUnsent()) {
    numbers.push(next.n);
    unanswered.sent();
  }
  return numbers;
}

test('what was not answered is sent again in order when the link is lost', () => {
  const unanswered = new Unanswered();
  for (const text of ['a', 'b', 'c']) unanswered.add(request(text));
  expect(sendAll(unanswered)).toEqual([1, 2, 3]);
  expect(unanswered.take(2)?.n).toBe(2);
  expect(unanswered.take(2)).toBeUndefined();
  unanswered.add(request('d'));
  unanswered.lost();
  expect(sendAll(unanswered)).toEqual([1, 3, 4]);
});

test('what was given up is not sent', () => {
  const unanswered = new Unanswered();
  unanswered.add(request('a', 10));
  unanswered.add(request('b', 20));
  expect(unanswered.takeExpired(9)).toEqual([]);
  expect(unanswered.takeExpired(10).map(({ n }) => n)).toEqual([1]);
  expect(unanswered.nextUnsent()?.n).toBe(2);
  unanswered.setDeadline(100);
  expect(unanswered.takeExpired(99)).toEqual([]);
  expect(unanswered.takeAll().map(({ n }) => n)).toEqual([2]);
  expect(unanswered.nextUnsent()).toBeUndefined();
  expect(unanswered.size).toBe(0);
});
