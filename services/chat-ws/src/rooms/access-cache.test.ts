import type { MemberRole } from '@parley/common/contracts/room';
import { expect, test } from 'vitest';
import type { RoomAccess, RoomHead } from '../log/room-log.ts';
import { AccessCache } from './access-cache.ts';
import { anybody } from './rights.ts';

const user = (n: number) => ({ id: `u_${n}`, guest: false });

/** A log in which everybody is what `role` says. */
function setUp(role: MemberRole | undefined = 'member') {
  const looks: string[] = [];
  const head = { visibility: 'public' } as RoomHead;
  const cache = new AccessCache({
    openRoom: async (room) => {
      looks.push(room);
      return head;
    },
    access: async (room, id): Promise<RoomAccess> => {
      looks.push(`${room} ${id}`);
      return { head, role };
    },
  });
  return { cache, looks };
}

test('a role and a room are known for three seconds; who has not said who it is, is never looked for among members', async () => {
  const { cache, looks } = setUp();
  expect(await cache.lookUp('lobby', user(1), 0)).toMatchObject({ visibility: 'public', role: 'member' });
  expect(cache.role('lobby', user(1), 2_999)).toMatchObject({ role: 'member' });
  expect(cache.role('lobby', user(1), 3_000)).toBeUndefined();
  expect(cache.facts('lobby', 2_999)).toMatchObject({ visibility: 'public' });
  expect(cache.facts('lobby', 3_000)).toBeUndefined();
  expect(cache.role('lobby', anybody, 1e12)).toMatchObject({ role: undefined });
  await cache.lookUp('lobby', anybody, 0);
  expect(looks).toEqual(['lobby u_1', 'lobby']);
  // A guest may be banned.
  const guest = { id: 'g_1', guest: true };
  expect(cache.role('lobby', guest, 0)).toBeUndefined();
  await cache.lookUp('lobby', guest, 0);
  expect(looks.at(-1)).toBe('lobby g_1');
});

test('one user is forgotten, or a whole room', async () => {
  const { cache } = setUp();
  for (const n of [1, 2]) for (const room of ['a', 'b']) await cache.lookUp(room, user(n), 0);
  cache.forget('a', 'u_1');
  expect(cache.role('a', user(1), 0)).toBeUndefined();
  expect(cache.role('a', user(2), 0)).toBeDefined();
  cache.forget('a');
  expect([cache.role('a', user(2), 0), cache.facts('a', 0)]).toEqual([undefined, undefined]);
  expect(cache.role('b', user(1), 0)).toBeDefined();
});

test('what is known is bounded, over many users as over many rooms', async () => {
  const { cache } = setUp();
  for (let n = 0; n < 20_001; n++) await cache.lookUp('lobby', user(n), 0);
  expect(cache.role('lobby', user(0), 0)).toBeUndefined();
  expect(cache.role('lobby', user(20_000), 0)).toBeDefined();
  for (let n = 0; n < 20_001; n++) await cache.lookUp(`room-${n}`, user(1), 0);
  expect(cache.role('lobby', user(20_000), 0)).toBeUndefined();
  expect(cache.facts('room-0', 0)).toBeUndefined();
  expect(cache.role('room-20000', user(1), 0)).toBeDefined();
});
