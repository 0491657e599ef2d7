import type { ChatUser } from '@parley/common/contracts/chat/chat-user';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Elsewhere } from './elsewhere.ts';

const user = (n: number, name = `user${n}`): ChatUser => ({ id: `u${n}`, name, guest: false });
const join = (n: number, v: number, users: number) => ({ event: 'join' as const, user: user(n), v, users });
const leave = (n: number, v: number, users: number) => ({ event: 'leave' as const, user: user(n), v, users });

test('changes that follow each other are taken as they come; a repeated one is not', () => {
  const elsewhere = new Elsewhere();
  expect(elsewhere.event('a', join(1, 8, 1), 0)).toEqual([{ user: user(1), by: 1 }]);
  expect(elsewhere.event('a', join(2, 9, 2), 0)).toEqual([{ user: user(2), by: 1 }]);
  expect(elsewhere.event('a', join(2, 9, 2), 0)).toEqual([]);
  expect(elsewhere.event('a', { ...join(2, 10, 2), user: user(2, 'other') }, 0)).toEqual([
    { user: user(2, 'other'), by: 0 },
  ]);
  expect(elsewhere.event('a', leave(1, 11, 1), 0)).toEqual([{ user: user(1), by: -1 }]);
  expect(elsewhere.event('b', join(2, 1, 1), 0)).toEqual([{ user: user(2), by: 1 }]);
  expect(elsewhere.all()).toHaveLength(2);
});

test('a number that does not follow means asking; the answer tells what has changed', () => {
  const elsewhere = new Elsewhere();
  elsewhere.event('a', join(1, 1, 1), 0);
  expect(elsewhere.event('a', join(3, 3, 3), 0)).toBeUndefined();
  expect(elsewhere.confirm('a', 3, 0)).toBe(false);
  expect(elsewhere.members('a', { v: 3, part: 0, parts: 2, users: [user(2)] }, 0)).toBeUndefined();
  expect(elsewhere.members('a', { v: 3, part: 1, parts: 2, users: [user(3)] }, 0)).toEqual([
    { user: user(2), by: 1 },
    { user: user(3), by: 1 },
    { user: user(1), by: -1 },
  ]);
  expect(elsewhere.confirm('a', 3, 0)).toBe(true);
  // One that is older than what is known.
  expect(elsewhere.members('a', { v: 2, part: 0, parts: 1, users: [] }, 0)).toEqual([]);
});

test('an answer of which a part was lost is nothing, until there is a whole one', () => {
  const elsewhere = new Elsewhere();
  expect(elsewhere.members('a', { v: 3, part: 0, parts: 3, users: [user(1)] }, 0)).toBeUndefined();
  expect(elsewhere.members('a', { v: 3, part: 2, parts: 3, users: [user(3)] }, 0)).toBeUndefined();
  expect(elsewhere.all()).toEqual([]);
  expect(elsewhere.members('a', { v: 3, part: 0, parts: 1, users: [user(1)] }, 0)).toHaveLength(1);
});

test('what is not confirmed in time is given up, and what a node had when it goes', () => {
  const elsewhere = new Elsewhere();
  elsewhere.event('a', join(1, 1, 1), 0);
  elsewhere.event('b', join(2, 1, 1), 0);
  elsewhere.event('c', join(3, 1, 1), 0);
  expect(elsewhere.confirm('a', 1, 50)).toBe(true);
  expect(elsewhere.gone('c')).toEqual([{ user: user(3), by: -1 }]);
  expect(elsewhere.expire(40)).toEqual([{ user: user(2), by: -1 }]);
  expect(elsewhere.expire(51)).toEqual([{ user: user(1), by: -1 }]);
});

test('whatever is lost on the way, who asks when told to ends with what the node has', () => {
  const steps = fc.array(fc.record({ who: fc.nat(4), isLost: fc.boolean(), beats: fc.boolean() }), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (all) => {
      const there = new Set<number>();
      const known = new Map<string, number>();
      const elsewhere = new Elsewhere();
      let v = 0;
      const take = (changes: ReturnType<Elsewhere['event']>) => {
        for (const { user: one, by } of changes ?? []) known.set(one.id, (known.get(one.id) ?? 0) + by);
      };
      const ask = () =>
        take(elsewhere.members('a', { v, part: 0, parts: 1, users: [...there].map((n) => user(n)) }, 0));
      const hear = (changes: ReturnType<Elsewhere['event']>) => (changes === undefined ? ask() : take(changes));
      for (const { who, isLost, beats } of all) {
        const isThere = !there.delete(who);
        if (isThere) there.add(who);
        v += 1;
        const event = (isThere ? join : leave)(who, v, there.size);
        if (!isLost) hear(elsewhere.event('a', event, 0));
        if (beats && there.size > 0 && !elsewhere.confirm('a', v, 0)) ask();
      }
      if (there.size === 0) take(elsewhere.gone('a'));
      else if (!elsewhere.confirm('a', v, 0)) ask();
      expect([...known].filter(([, nodes]) => nodes !== 0)).toEqual(
        [...known].filter(([id]) => there.has(Number(id.slice(1)))),
      );
      expect([...known.values()].every((nodes) => nodes === 0 || nodes === 1)).toBe(true);
      expect([...known].filter(([, nodes]) => nodes === 1)).toHaveLength(there.size);
    }),
  );
});
