import { expect, it } from 'vitest';
import { checkFreshness, type LeasePolicy, rememberStampsMs } from './lease-policy.ts';

const policy: LeasePolicy = { leaseMs: 15_000, leaseMinMs: 1000, leaseMaxMs: 60_000, clockToleranceMs: 100 };
const NOW = 1_800_000_000_000;
const stamped = (at: number) => ({ epoch: 1n, sequence: BigInt(at) });

it('refuses what is older or newer than the tolerance, unless clocks are not compared', () => {
  for (const at of [NOW - 100, NOW, NOW + 100]) checkFreshness(stamped(at), NOW, policy);
  const conflict = expect.objectContaining({ code: 'CONFLICT' });
  for (const at of [NOW - 101, NOW + 101, 2 ** 63]) {
    expect(() => checkFreshness(stamped(at), NOW, policy)).toThrow(conflict);
    checkFreshness(stamped(at), NOW, { ...policy, clockToleranceMs: 0 });
  }
});

it('remembers stamps for as long as they could be repeated, and no shorter than a lease', () => {
  expect(rememberStampsMs({ ...policy, clockToleranceMs: 300_000 })).toBe(600_000);
  expect(rememberStampsMs(policy)).toBe(60_000);
  expect(rememberStampsMs({ ...policy, leaseMs: 90_000 })).toBe(90_000);
});
