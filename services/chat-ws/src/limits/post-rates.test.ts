import { expect, test } from 'vitest';
import { SlidingWindow } from '../sessions/sliding-window.ts';
import { PostRates } from './post-rates.ts';

const limits = { posts: 2, postsPerUser: 3, postsPerAddress: 5, postsWindowMs: 100 };

test('the nearest limit refuses, and what is refused counts for none', () => {
  const rates = new PostRates(limits);
  const connection = new SlidingWindow(2, 100);
  const ada = { user: 'ada', network: '192.0.2.1' };
  expect([0, 1].map((now) => rates.take({ ...ada, connection }, now))).toEqual([undefined, undefined]);
  expect(rates.take({ ...ada, connection }, 10)).toEqual({ limit: 'posts_connection', waitMs: 90 });
  expect(rates.take(ada, 10)).toBeUndefined();
  expect(rates.take(ada, 20)).toEqual({ limit: 'posts_user', waitMs: 80 });
  const others = (user: string, network: string) => rates.take({ user, network }, 20)?.limit;
  expect([others('ben', '192.0.2.1'), others('eve', '192.0.2.1'), others('joe', '192.0.2.1')]).toEqual([
    undefined,
    undefined,
    'posts_address',
  ]);
  expect(others('joe', '192.0.2.2')).toBeUndefined();
  expect(rates.take(ada, 120)).toBeUndefined();
});

test('without limits of their own, users and addresses may as much as several connections', () => {
  const rates = new PostRates({ posts: 2, postsWindowMs: 100 });
  const take = (user: string) => rates.take({ user, network: '192.0.2.1' }, 0)?.limit;
  expect(Array.from({ length: 7 }, () => take('ada')).at(-1)).toBe('posts_user');
  for (let n = 0; n < 44; n++) expect(take(`u${n}`)).toBeUndefined();
  expect(take('last')).toBe('posts_address');
});
