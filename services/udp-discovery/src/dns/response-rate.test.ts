import { expect, it } from 'vitest';
import { ResponseRate } from './response-rate.ts';

/** How many of `count` responses are allowed at once. */
function burst(rate: ResponseRate, address: string, { count, now }: { count: number; now: number }): number {
  return Array.from({ length: count }, () => rate.take(address, now)).filter(Boolean).length;
}

it('allows so many a second, and not more after a long silence', () => {
  const rate = new ResponseRate({ perSecond: 10, maxNetworks: 5 });
  expect(burst(rate, '192.0.2.1', { count: 30, now: 0 })).toBe(10);
  expect(burst(rate, '192.0.2.1', { count: 30, now: 500 })).toBe(5);
  expect(burst(rate, '192.0.2.1', { count: 30, now: 60_000 })).toBe(10);
});

it('counts a network as one, and others by themselves', () => {
  const rate = new ResponseRate({ perSecond: 10, maxNetworks: 5 });
  expect(burst(rate, '192.0.2.1', { count: 30, now: 0 })).toBe(10);
  expect(burst(rate, '192.0.2.200', { count: 30, now: 0 })).toBe(0);
  expect(burst(rate, '192.0.3.1', { count: 30, now: 0 })).toBe(10);
  expect(burst(rate, '2001:db8::1', { count: 30, now: 0 })).toBe(10);
  expect(burst(rate, '2001:db8::2', { count: 30, now: 0 })).toBe(0);
});

it('remembers so many networks, those heard of last', () => {
  const rate = new ResponseRate({ perSecond: 2, maxNetworks: 2 });
  burst(rate, '192.0.1.1', { count: 2, now: 0 });
  burst(rate, '192.0.2.1', { count: 2, now: 0 });
  expect(rate.take('192.0.1.1', 0)).toBe(false);
  rate.take('192.0.3.1', 0);
  expect(rate.size).toBe(2);
  expect(rate.take('192.0.1.1', 0)).toBe(false);
  expect(rate.take('192.0.2.1', 0)).toBe(true);
});
