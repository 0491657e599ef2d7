import type { PatchUser } from '@parley/common/contracts/user';
import { requireMatch } from '@parley/common/runtime/conditional';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Request, Response } from 'express';
import type { Kysely } from 'kysely';
import { type Actor, actorOf, presentActor, requireSelfOrAdmin } from '../authenticate.ts';
import type { Parts } from '../parts.ts';
import type { Tables, UserRow } from '../tables.ts';
import { requireUserRow } from './find-users.ts';
import { updateUser } from './update-user.ts';
import { fullEtag } from './user-view.ts';

type ChangeParts = Pick<Parts, 'database' | 'changeUsers' | 'feed' | 'passwords' | 'passwordGuard' | 'sessions'>;

type ChangeRequest = { req: Request; res: Response; id: string; change: PatchUser };

/**
 * A change of a user by itself or an admin, as PUT and PATCH ask for it; gives the user as it is then. A new password
 * ends the user's other sessions. What allows the change is looked at before the passwords are hashed and again in the
 * transaction: it may have changed meanwhile.
 */
export async function applyChange(parts: ChangeParts, request: ChangeRequest): Promise<UserRow> {
  const { database, changeUsers, passwords, sessions, feed } = parts;
  const { req, id, change } = request;
  const actor = actorOf(req);
  const known = await requireChangeable(database.db, actor, request);
  if (change.password !== undefined && actor.id === id) await requireOwnPassword(parts, request, known);
  const passwordHash = change.password === undefined ? undefined : await passwords.hash(change.password);
  return changeUsers(async (trx) => {
    const row = await requireChangeable(trx, await presentActor(trx, actor), request);
    if (passwordHash !== undefined && row.password_hash !== known.password_hash) {
      throw new ParleyError('CONFLICT', 'The password has been changed meanwhile.');
    }
    const changed = await updateUser(trx, row, { ...change, passwordHash }, { feed, at: Date.now() });
    if (passwordHash !== undefined) await sessions.endAll(id, actor.sessionId, trx);
    return changed;
  });
}

/** @throws ParleyError NOT_FOUND, FORBIDDEN, PRECONDITION_FAILED */
async function requireChangeable(
  db: Kysely<Tables>,
  actor: Actor,
  { req, id, change }: ChangeRequest,
): Promise<UserRow> {
  const row = await requireUserRow(db, id);
  requireSelfOrAdmin(actor, id);
  requireOwnRole(actor, row, change);
  requireMatch(req, fullEtag(row));
  return row;
}

function requireOwnRole(actor: Actor, known: UserRow, { role = known.role }: PatchUser): void {
  if (actor.role === 'admin' || role === known.role) return;
  throw new ParleyError('FORBIDDEN', 'Only admins change roles.', {
    details: [{ path: 'role', message: 'is changed by admins only' }],
  });
}

/** Who finds a screen unlocked shall not be able to take the account over. */
async function requireOwnPassword(
  { passwords, passwordGuard }: ChangeParts,
  { req, res, change: { currentPassword } }: ChangeRequest,
  known: UserRow,
): Promise<void> {
  const refused = (message: string) =>
    new ParleyError('BAD_MESSAGE', 'The body is not as expected.', { details: [{ path: 'currentPassword', message }] });
  if (currentPassword === undefined) throw refused('is needed to change your own password');
  const verify = () => passwords.verify(currentPassword, known.password_hash);
  if (!(await passwordGuard.check(req, res, { account: known.id, verify }))) throw refused('is wrong');
}
