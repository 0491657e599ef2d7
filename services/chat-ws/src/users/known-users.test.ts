import { expect, test } from 'vitest';
import { KnownUsers } from './known-users.ts';

const ada = { name: 'ada', role: 'admin', expiresAt: 7 } as const;

test('a deleted user is refused until nothing of it can be good any more', () => {
  const users = new KnownUsers({ rememberMs: 100, revoked: [{ user: 'u_old', until: 1_050 }], changed: [] });
  expect(users.revoke('u_ada', 1_000, 1_010)).toEqual({ user: 'u_ada', until: 1_100 });
  expect(() => users.present('u_ada', ada)).toThrow('has been deleted');
  expect(() => users.present('u_old', ada)).toThrow('has been deleted');
  expect(users.forget(1_049)).toBe(false);
  expect(users.forget(1_050)).toBe(true);
  expect(users.present('u_old', ada)).toBe(ada);
  expect(users.revoked).toBe(1);
  users.forget(1_100);
  expect(users.revoked).toBe(0);
  // An event from long ago, read late.
  expect(users.revoke('u_ben', 900, 1_000)).toBeUndefined();
  expect(users.present('u_ben', ada)).toBe(ada);
});

test('what is stored of changes holds as long as they do', () => {
  const users = new KnownUsers({ rememberMs: 100, revoked: [], changed: [] });
  const changed = [users.change('u_ada', { name: 'lovelace', role: 'user' }, 1_000)];
  const again = new KnownUsers({ rememberMs: 100, revoked: [], changed });
  expect(again.present('u_ada', ada)).toEqual({ name: 'lovelace', role: 'user', expiresAt: 7 });
  expect(again.forget(1_099)).toBe(false);
  expect(again.forget(1_100)).toBe(true);
  expect(again.present('u_ada', ada)).toBe(ada);
});

test('what a user has become holds against what was signed before; only so many are remembered', () => {
  const users = new KnownUsers({ rememberMs: 100, revoked: [], changed: [] });
  users.change('u_ada', { name: 'lovelace', role: 'user' }, 1_000);
  expect(users.present('u_ada', ada)).toEqual({ name: 'lovelace', role: 'user', expiresAt: 7 });
  users.forget(1_100);
  expect(users.present('u_ada', ada)).toBe(ada);
  users.change('u_ada', { name: 'lovelace', role: 'user' }, 2_000);
  for (let n = 0; n < 10_000; n++) users.change(`u_${n}`, { name: 'x', role: 'user' }, 2_000);
  expect(users.present('u_ada', ada)).toBe(ada);
});
