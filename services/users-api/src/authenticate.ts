import type { Role } from '@parley/common/contracts/user';
import { identityOf, requireUser, type TokenVerifier } from '@parley/common/runtime/access-tokens';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Request, RequestHandler } from 'express';
import type { Kysely } from 'kysely';
import type { Tables, UsersDatabase } from './tables.ts';

/** Who asks, as the database knows it now: a token may tell of a role of a quarter of an hour ago. */
export type Actor = { id: string; role: Role; sessionId: string };

const actors = new WeakMap<Request, Actor>();

/** Lets only users pass whose session goes on. @throws ParleyError UNAUTHENTICATED */
export function authenticate(verifier: TokenVerifier, { db }: UsersDatabase): RequestHandler[] {
  const findActor: RequestHandler = async (req, _res, next) => {
    actors.set(req, await presentActor(db, identityOf(req)));
    next();
  };
  return [requireUser(verifier), findActor];
}

/**
 * The actor as it is now. A change asks again in its transaction: a right or session may have been taken away while the
 * request was under way. @throws ParleyError UNAUTHENTICATED
 */
export async function presentActor(db: Kysely<Tables>, who: Pick<Actor, 'id' | 'sessionId'>): Promise<Actor> {
  const { id, sessionId } = who;
  const found = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select('users.role')
    .where('sessions.id', '=', sessionId)
    .where('users.id', '=', id)
    .where('sessions.expires_at', '>', Date.now())
    .executeTakeFirst();
  if (!found) throw new ParleyError('UNAUTHENTICATED', 'This session has ended; sign in again.');
  return { id, sessionId, role: found.role };
}

/** The user that `authenticate` let pass. */
export function actorOf(req: Request): Actor {
  const actor = actors.get(req);
  if (!actor) throw new Error('actorOf is for handlers behind authenticate');
  return actor;
}

/** @throws ParleyError FORBIDDEN */
export function requireAdmin({ role }: Actor): void {
  if (role !== 'admin') throw new ParleyError('FORBIDDEN', 'This is for admins.');
}

/** @throws ParleyError FORBIDDEN unless it is the user itself or an admin */
export function requireSelfOrAdmin(actor: Actor, userId: string): void {
  if (actor.id !== userId) requireAdmin(actor);
}
