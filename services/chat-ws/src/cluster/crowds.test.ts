import { expect, test } from 'vitest';
import { Crowds } from './crowds.ts';

test('users of other nodes are added up, as each last said', () => {
  const crowds = new Crowds();
  crowds.heard('a', { room: 'lobby', users: 3 }, 0);
  crowds.heard('b', { room: 'lobby', users: 4 }, 10);
  crowds.heard('a', { room: 'lobby', users: 2 }, 20);
  crowds.heard('c', { room: 'lobby', users: 9 }, 20);
  crowds.gone('c');
  expect([crowds.usersIn('lobby'), crowds.usersIn('nowhere')]).toEqual([6, 0]);
  crowds.expire(11);
  expect(crowds.usersIn('lobby')).toBe(2);
});
