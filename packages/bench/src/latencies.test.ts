import { expect, test } from 'vitest';
import { Latencies } from './latencies.ts';

test('quantiles of what was added', () => {
  const latencies = new Latencies();
  for (let ms = 1; ms <= 100; ms++) latencies.add(ms);
  expect(latencies.total).toBe(100);
  expect(latencies.quantile(0.5)).toBeCloseTo(50);
  expect(latencies.quantile(0.99)).toBeCloseTo(99);
  expect(latencies.quantile(1)).toBeCloseTo(100);
});

test('one latency may count many times; what is too long counts as a minute', () => {
  const latencies = new Latencies();
  latencies.add(2, 99);
  latencies.add(1e9);
  expect(latencies.quantile(0.99)).toBeCloseTo(2);
  expect(latencies.quantile(1)).toBeCloseTo(60_000);
});

test('nothing has no quantile', () => {
  expect(() => new Latencies().quantile(0.5)).toThrow('nothing was measured');
});
