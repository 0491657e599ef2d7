import { expect, it } from 'vitest';
import { AnswerCache, EXCHANGE_LIFETIME_MS } from './answer-cache.ts';

const from = { address: '192.0.2.1', port: 5000 };
const request = (n: number) => Buffer.from(`request ${n}`);
const answer = (n: number) => Buffer.from(`answer ${n}`);

it('U9 finds the answer to the same bytes of the same sender, for as long as they may be repeated', () => {
  const cache = new AnswerCache(10);
  cache.keep(request(1), from, { answer: answer(1), now: 0 });
  expect(cache.find(request(1), from, EXCHANGE_LIFETIME_MS - 1)).toEqual(answer(1));
  expect(cache.find(request(1), from, EXCHANGE_LIFETIME_MS)).toBeUndefined();
  expect(cache.find(request(2), from, 0)).toBeUndefined();
  expect(cache.find(request(1), { ...from, port: 5001 }, 0)).toBeUndefined();
  expect(cache.find(request(1), { ...from, address: '192.0.2.2' }, 0)).toBeUndefined();
});

it('keeps so many, the latest, and none that is too old', () => {
  const cache = new AnswerCache(3);
  for (const n of [1, 2, 3]) cache.keep(request(n), from, { answer: answer(n), now: n });
  // Kept again, it is the latest one.
  cache.keep(request(1), from, { answer: answer(9), now: 4 });
  cache.keep(request(4), from, { answer: answer(4), now: 5 });
  expect([1, 2, 3, 4].map((n) => cache.find(request(n), from, 5)?.toString())).toEqual([
    'answer 9',
    undefined,
    'answer 3',
    'answer 4',
  ]);
  cache.keep(request(5), from, { answer: answer(5), now: EXCHANGE_LIFETIME_MS + 4 });
  expect(cache.size).toBe(2);
});
