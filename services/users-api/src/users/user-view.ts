import type { PublicUser, User } from '@parley/common/contracts/user';
import type { Actor } from '../authenticate.ts';
import type { UserRow } from '../tables.ts';

/** A user as everybody may see it. */
export function toPublicUser(row: UserRow): PublicUser {
  return {
    id: row.id,
    username: row.username,
    displayName: row.display_name,
    role: row.role,
    avatarUrl: null,
    createdAt: new Date(row.created_at).toISOString(),
    updatedAt: new Date(row.updated_at).toISOString(),
  };
}

/** A user as the user itself and admins see it. */
export function toUser(row: UserRow): User {
  return { ...toPublicUser(row), email: row.email };
}

/** E-mail addresses are for their owners and for admins. */
export function userFor(actor: Actor, row: UserRow): PublicUser | User {
  return seesAll(actor, row) ? toUser(row) : toPublicUser(row);
}

/** What a reader gets depends on the version and on how much of it the reader may see. */
export function etagFor(actor: Actor, row: UserRow): string {
  return seesAll(actor, row) ? fullEtag(row) : `"${row.version}-public"`;
}

/** The entity tag that changes are made against. */
export function fullEtag(row: UserRow): string {
  return `"${row.version}"`;
}

function seesAll(actor: Actor, row: UserRow): boolean {
  return actor.role === 'admin' || actor.id === row.id;
}
