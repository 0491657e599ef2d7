import { expect, test } from 'vitest';
import { addressKey } from './address-key.ts';
import { createLimiter } from './quota.ts';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:DB8:0001:2:ffff::', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  [undefined, 'unknown'],
])('%s stands for %s', (ip, key) => {
  expect(addressKey(ip)).toBe(key);
});

test('a limiter counts by key, gives back and forgets', async () => {
  const limiter = createLimiter({ limit: 2, windowMs: 60_000 });
  expect(await limiter.take('a')).toMatchObject({ limit: 2, remaining: 1, isOver: false });
  expect(await limiter.take('a')).toMatchObject({ remaining: 0, isOver: false });
  const over = await limiter.take('a');
  expect(over).toMatchObject({ remaining: 0, isOver: true });
  expect(over.resetMs).toBeGreaterThan(0);
  expect(over.resetMs).toBeLessThanOrEqual(60_000);
  expect(await limiter.take('b')).toMatchObject({ isOver: false });
  await limiter.giveBack('a');
  await limiter.giveBack('a');
  expect(await limiter.take('a')).toMatchObject({ isOver: false });
  await limiter.forget('a');
  expect(await limiter.take('a')).toMatchObject({ remaining: 1 });
});
