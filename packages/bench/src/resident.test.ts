import { expect, test } from 'vitest';
import { residentKb } from './resident.ts';

test('memory that is taken is seen', () => {
  const before = residentKb(process.pid);
  const taken = Buffer.alloc(64 << 20, 1);
  expect(residentKb(process.pid) - before).toBeGreaterThan(taken.length / 1024 / 2);
});

test('a process that is not there', () => {
  expect(() => residentKb(2 ** 30)).toThrow('ENOENT');
});
