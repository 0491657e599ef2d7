import type { PatchUser } from '@parley/common/contracts/user';
import { requireMatch } from '@parley/common/runtime/conditional';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Request, Response } from 'express';
import { type Actor, actorOf, requireSelfOrAdmin } from '../authenticate.ts';
import type { Parts } from '../parts.ts';
import type { UserRow } from '../tables.ts';
import { requireUserRow } from './find-users.ts';
import { updateUser } from './update-user.ts';
import { fullEtag } from './user-view.ts';

type ChangeParts = Pick<Parts, 'database' | 'changeUsers' | 'feed' | 'passwords' | 'passwordGuard' | 'sessions'>;

/**
 * A change of a user by itself or an admin, as PUT and PATCH ask for it; gives the user as it is then. A new password
 * ends the user's other sessions.
 */
export async function applyChange(
  parts: ChangeParts,
  { req, res, id, change }: { req: Request; res: Response; id: string; change: PatchUser },
): Promise<UserRow> {
  const actor = actorOf(req);
  const known = await requireUserRow(parts.database.db, id);
  requireSelfOrAdmin(actor, id);
  requireOwnRole(actor, known, change);
  requireMatch(req, fullEtag(known));
  if (change.password !== undefined && actor.id === id) await requireOwnPassword(parts, { req, res, known, change });
  const passwordHash = change.password === undefined ? undefined : await parts.passwords.hash(change.password);
  return parts.changeUsers(async (trx) => {
    const row = await requireUserRow(trx, id);
    requireMatch(req, fullEtag(row));
    const changed = await updateUser(trx, row, { ...change, passwordHash }, { feed: parts.feed, at: Date.now() });
    if (passwordHash !== undefined) await parts.sessions.endAll(id, actor.sessionId, trx);
    return changed;
  });
}

function requireOwnRole(actor: Actor, known: UserRow, { role = known.role }: PatchUser): void {
  if (actor.role === 'admin' || role === known.role) return;
  throw new ParleyError('FORBIDDEN', 'Only admins change roles.', {
    details: [{ path: 'role', message: 'is changed by admins only' }],
  });
}

type PasswordChange = { req: Request; res: Response; known: UserRow; change: PatchUser };

/** Who finds a screen unlocked shall not be able to take the account over. */
async function requireOwnPassword(
  { passwords, passwordGuard }: ChangeParts,
  { req, res, known, change: { currentPassword } }: PasswordChange,
): Promise<void> {
  const refused = (message: string) =>
    new ParleyError('BAD_MESSAGE', 'The body is not as expected.', { details: [{ path: 'currentPassword', message }] });
  if (currentPassword === undefined) throw refused('is needed to change your own password');
  const verify = () => passwords.verify(currentPassword, known.password_hash);
  if (!(await passwordGuard.check(req, res, { account: known.id, verify }))) throw refused('is wrong');
}
