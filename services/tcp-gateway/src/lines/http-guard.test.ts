import { expect, test } from 'vitest';
import { HttpGuard } from './http-guard.ts';

const seen = (...lines: (string | undefined)[]) => {
  const guard = new HttpGuard();
  return lines.map((text) => guard.isHttp(text === undefined ? { tooLong: true } : { text }));
};

test('an HTTP request is known by its first line', () => {
  expect(seen('GET / HTTP/1.1')).toEqual([true]);
  expect(seen('HELLO', 'GET / HTTP/1.1')).toEqual([false, false]);
});

test('or by the header after a first line that was too long', () => {
  expect(seen(undefined, 'Host: 127.0.0.1:7000')).toEqual([false, true]);
  expect(seen(undefined, undefined, 'Host: a')).toEqual([false, false, true]);
  expect(seen(undefined, 'HELLO', 'Host: a')).toEqual([false, false, false]);
});
