import { expect, test } from 'vitest';
import { RatePool } from './rate-pool.ts';

const names = (count: number) => Array.from({ length: count }, (_, n) => `n${n}`);

test('each name has a window of its own, and what is only asked for is not counted', () => {
  const pool = new RatePool({ limit: 2, windowMs: 100, maxNames: 10 });
  for (const now of [0, 10]) {
    expect(pool.wait('ada', now)).toBe(0);
    pool.add('ada', now);
  }
  expect(pool.wait('ada', 20)).toBe(80);
  expect(pool.wait('ben', 20)).toBe(0);
  expect(pool.wait('ada', 100)).toBe(0);
});

test('a crowd of names is forgotten again, and never grows beyond the limit', () => {
  const pool = new RatePool({ limit: 1, windowMs: 100, maxNames: 50 });
  for (const name of names(1_000)) pool.add(name, 0);
  expect(pool.size).toBeLessThanOrEqual(50);
  for (const name of names(60)) pool.add(name, 200);
  expect(pool.size).toBeLessThanOrEqual(50);
  pool.add('late', 400);
  for (let n = 0; n < 60; n++) pool.add('late', 400);
  expect(pool.size).toBe(1);
});

test('a name that is used stays, though others come and go', () => {
  const pool = new RatePool({ limit: 3, windowMs: 100, maxNames: 10 });
  for (let n = 0; n < 3; n++) {
    pool.add('ada', n);
    for (const name of names(5)) pool.add(`${n}${name}`, n);
  }
  expect(pool.wait('ada', 3)).toBeGreaterThan(0);
});
