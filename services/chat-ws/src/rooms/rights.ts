import type { MemberRole, Visibility } from '@parley/common/contracts/room';
import { guestIdPrefix } from '@parley/common/contracts/username';
import { ParleyError } from '@parley/common/runtime/errors';

/** Who wants to do something. `admin`: of all of Parley, by its token. */
export type Actor = { readonly id: string; readonly guest: boolean; readonly admin?: boolean | undefined };

/** Somebody who has not said who it is: may do no more than a guest. */
export const anybody: Actor = { id: '', guest: true };

/** What there is to know of a room to decide who may do what. */
export type RoomFacts = { readonly visibility: Visibility };

/** A room, and what a user is in it; undefined: nothing. */
export type Access = RoomFacts & { readonly role: MemberRole | undefined };

export const noSuchRoom = () => new ParleyError('NOT_FOUND', 'There is no such room.');

const forbidden = (message: string) => new ParleyError('FORBIDDEN', message);

/**
 * Whether somebody may know of the room, read it and post to it. Public rooms are everybody's but those who are banned; the others
 * are their members'. Guests are members of nothing, but may be banned; admins may do everything.
 */
export function mayUse({ visibility, role }: Access, actor: Actor): boolean {
  if (actor.admin) return true;
  if (role === 'banned') return false;
  return visibility === 'public' || (role !== undefined && !actor.guest);
}

/** @throws ParleyError FORBIDDEN for who is banned from a public room, else NOT_FOUND: whoever may not know of a room is told that there is none */
export function checkUse(access: Access, actor: Actor): void {
  if (mayUse(access, actor)) return;
  throw access.visibility === 'public' ? forbidden('You are banned from this room.') : noSuchRoom();
}

/** Whether somebody may delete others' messages, and see who is banned. */
export function mayModerate({ role }: Pick<Access, 'role'>, actor: Actor): boolean {
  return actor.admin === true || role === 'owner' || role === 'moderator';
}

/** Changing the room's settings, and deleting it. @throws ParleyError FORBIDDEN, NOT_FOUND */
export function checkOwn(access: Access, actor: Actor): void {
  checkUse(access, actor);
  if (!actor.admin && access.role !== 'owner') throw forbidden('Only an owner of the room may do that.');
}

/** A change of a membership. `role`: what the user is, `to`: what it is to be; undefined: nothing. `owners`: how many there are. */
export type MembershipChange = {
  visibility: Visibility;
  actorRole: MemberRole | undefined;
  user: string;
  role: MemberRole | undefined;
  to: MemberRole | undefined;
  owners: number;
};

/**
 * Owners change everything; moderators add, remove and ban whoever is no owner or moderator; everybody may leave. A room that has an owner
 * keeps one. Guests can be banned, and are members of nothing. @throws ParleyError FORBIDDEN, NOT_FOUND, CONFLICT
 */
export function checkMembership(change: MembershipChange, actor: Actor): void {
  const { visibility, actorRole, role, to, owners } = change;
  checkUse({ visibility, role: actorRole }, actor);
  if (visibility === 'direct') throw new ParleyError('CONFLICT', 'A direct room has its two members, and no others.');
  if (!mayChange(change, actor)) throw forbidden('You may not change this membership.');
  if (to !== undefined && to !== 'banned' && isGuestId(change.user))
    throw new ParleyError('CONFLICT', 'Guests are members of nothing; they can only be banned.');
  if (role === 'owner' && to !== 'owner' && owners === 1) {
    throw new ParleyError('CONFLICT', 'This is the last owner of the room; make somebody else one first.');
  }
}

function mayChange({ actorRole, user, role, to }: MembershipChange, actor: Actor): boolean {
  if (actor.admin || actorRole === 'owner') return true;
  if (actor.id === user) return to === undefined && role !== undefined && role !== 'banned';
  return actorRole === 'moderator' && !isAbove(role) && !isAbove(to);
}

export function isGuestId(user: string): boolean {
  return user.startsWith(guestIdPrefix);
}

function isAbove(role: MemberRole | undefined): boolean {
  return role === 'owner' || role === 'moderator';
}

/** Whether the user may create a room by joining it, or by name over REST. */
export function mayCreate(who: 'guests' | 'users' | 'nobody', actor: Pick<Actor, 'guest' | 'admin'>): boolean {
  return who === 'guests' || (who === 'users' && !actor.guest) || actor.admin === true;
}
