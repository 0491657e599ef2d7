import { expect, test } from 'vitest';
import { Nodes } from './nodes.ts';

test('a node is there until its lease ends, or it says that it goes', () => {
  const nodes = new Nodes(100);
  expect(nodes.heard('a', 0)).toBe(true);
  expect(nodes.heard('b', 50)).toBe(true);
  expect(nodes.heard('c', 50)).toBe(true);
  expect(nodes.heard('b', 60)).toBe(false);
  nodes.gone('c');
  expect(nodes.expire(100)).toEqual([]);
  expect(nodes.expire(101)).toEqual(['a']);
  expect(nodes.names()).toEqual(['b']);
});
