import type { MemberRole } from '@parley/common/contracts/room';
import { ParleyError } from '@parley/common/runtime/errors';
import { expect, test } from 'vitest';
import { checkMembership, checkOwn, checkUse, type MembershipChange, mayCreate, mayModerate } from './rights.ts';

const ada = { id: 'u_ada', guest: false };
const guest = { id: 'g_1', guest: true };
const admin = { id: 'u_root', guest: false, admin: true };

function codeOf(check: () => void): string {
  try {
    check();
    return 'ok';
  } catch (err) {
    return err instanceof ParleyError ? err.code : String(err);
  }
}

test.each([
  ['public', undefined, 'ok', 'ok'],
  ['public', 'banned', 'FORBIDDEN', 'FORBIDDEN'],
  ['private', undefined, 'NOT_FOUND', 'NOT_FOUND'],
  ['private', 'banned', 'NOT_FOUND', 'NOT_FOUND'],
  ['private', 'member', 'ok', 'FORBIDDEN'],
  ['private', 'moderator', 'ok', 'FORBIDDEN'],
  ['private', 'owner', 'ok', 'ok'],
  ['direct', 'member', 'ok', 'FORBIDDEN'],
  ['direct', undefined, 'NOT_FOUND', 'NOT_FOUND'],
] as const)('a %s room, as %s: using it is %s, owning it %s', (visibility, role, use, own) => {
  const access = { visibility, role };
  expect(codeOf(() => checkUse(access, ada))).toBe(use);
  if (role !== undefined || visibility !== 'public') expect(codeOf(() => checkOwn(access, ada))).toBe(own);
  expect(codeOf(() => checkUse(access, admin))).toBe('ok');
  expect(codeOf(() => checkOwn(access, admin))).toBe('ok');
  expect(codeOf(() => checkUse({ ...access, role: undefined }, guest))).toBe(
    visibility === 'public' ? 'ok' : 'NOT_FOUND',
  );
});

const nothing = undefined;

test.each<[string, MemberRole | undefined, MemberRole | undefined, MemberRole | undefined, string]>([
  ['an owner makes owners', 'owner', nothing, 'owner', 'ok'],
  ['an owner removes a moderator', 'owner', 'moderator', nothing, 'ok'],
  ['a moderator adds members', 'moderator', nothing, 'member', 'ok'],
  ['a moderator bans members', 'moderator', 'member', 'banned', 'ok'],
  ['a moderator lifts a ban', 'moderator', 'banned', nothing, 'ok'],
  ['a moderator makes no moderators', 'moderator', 'member', 'moderator', 'FORBIDDEN'],
  ['a moderator touches no moderator', 'moderator', 'moderator', nothing, 'FORBIDDEN'],
  ['a moderator touches no owner', 'moderator', 'owner', 'banned', 'FORBIDDEN'],
  ['a member adds nobody', 'member', nothing, 'member', 'FORBIDDEN'],
  ['who is nothing adds nobody', nothing, nothing, 'member', 'FORBIDDEN'],
])('%s', (_what, actorRole, role, to, code) => {
  const change: MembershipChange = { visibility: 'public', actorRole, user: 'u_eve', role, to, owners: 2 };
  expect(codeOf(() => checkMembership(change, ada))).toBe(code);
  expect(codeOf(() => checkMembership(change, admin))).toBe('ok');
  expect(codeOf(() => checkMembership({ ...change, visibility: 'direct' }, admin))).toBe('CONFLICT');
});

test.each<[MemberRole | undefined, MemberRole | undefined, number, string]>([
  ['member', nothing, 1, 'ok'],
  ['moderator', nothing, 1, 'ok'],
  ['owner', nothing, 2, 'ok'],
  ['owner', nothing, 1, 'CONFLICT'],
  ['owner', 'member', 1, 'CONFLICT'],
  ['owner', 'owner', 1, 'ok'],
  ['member', 'moderator', 1, 'FORBIDDEN'],
  ['moderator', 'owner', 1, 'FORBIDDEN'],
  ['banned', nothing, 1, 'FORBIDDEN'],
  [nothing, 'member', 1, 'FORBIDDEN'],
])('who is %s makes itself %s, with %i owners: %s', (role, to, owners, code) => {
  const change: MembershipChange = { visibility: 'public', actorRole: role, user: 'u_ada', role, to, owners };
  expect(codeOf(() => checkMembership(change, ada))).toBe(code);
});

test('the last owner stays, whoever wants it gone', () => {
  const change: MembershipChange = {
    visibility: 'public',
    actorRole: undefined,
    user: 'u_ada',
    role: 'owner',
    to: 'banned',
    owners: 1,
  };
  expect(codeOf(() => checkMembership(change, admin))).toBe('CONFLICT');
});

test('owners, moderators and admins moderate', () => {
  const may = (['owner', 'moderator', 'member', 'banned', undefined] as const).map((role) =>
    mayModerate({ role }, ada),
  );
  expect(may).toEqual([true, true, false, false, false]);
  expect(mayModerate({ role: undefined }, admin)).toBe(true);
});

test.each([
  ['guests', { guest: true, user: true, admin: true }],
  ['users', { guest: false, user: true, admin: true }],
  ['nobody', { guest: false, user: false, admin: true }],
] as const)('where %s create rooms: %o', (who, may) => {
  expect({ guest: mayCreate(who, guest), user: mayCreate(who, ada), admin: mayCreate(who, admin) }).toEqual(may);
});
