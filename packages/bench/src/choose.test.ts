import { expect, test } from 'vitest';
import type { Benchmark } from './benchmark.ts';
import { choose, usage } from './choose.ts';

function benchmark(...ids: string[]): Benchmark {
  return {
    figures: ids.map((id) => ({ id, unit: 'ms', bar: { op: '<=', value: 1 } })),
    run: async () => ({}),
  };
}

const all = [benchmark('chat.a', 'chat.b'), benchmark('chat.c'), benchmark('users.a')];

const chosen = (...args: string[]) => choose(all, args).map(({ wanted }) => [...wanted]);

test('everything, a service, or some of its figures', () => {
  expect(chosen()).toEqual([['chat.a', 'chat.b'], ['chat.c'], ['users.a']]);
  expect(chosen('chat')).toEqual([['chat.a', 'chat.b'], ['chat.c']]);
  expect(chosen('chat', 'chat.c', 'chat.b')).toEqual([['chat.b'], ['chat.c']]);
});

test('what is not there is said', () => {
  expect(() => chosen('nobody')).toThrow('nothing to measure of nobody');
  expect(() => chosen('chat', 'chat.b', 'users.a')).toThrow('no figure of chat: users.a');
});

test('the help names every figure', () => {
  for (const id of ['chat.a', 'chat.b', 'chat.c', 'users.a']) expect(usage(all)).toContain(id);
});
