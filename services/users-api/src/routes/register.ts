import { register } from '@parley/common/contracts/auth';
import { ParleyError } from '@parley/common/runtime/errors';
import { parseBody } from '@parley/common/runtime/http-input';
import type { RequestHandler } from 'express';
import { keyedRequest } from '../idempotency.ts';
import type { Parts } from '../parts.ts';
import { signIn } from '../sessions/signed-in.ts';
import type { Trx } from '../tables.ts';
import { createAccount } from '../users/create-account.ts';
import { requireUserRow } from '../users/find-users.ts';
import { roleAtRegistration } from '../users/first-admin.ts';

/**
 * `POST /api/auth/register`. A repeated Idempotency-Key is answered with the same user and a session of its own: the
 * tokens of the first answer are kept nowhere. For that it is a login too: the password still has to be the user's.
 */
export function registerRoute(parts: Parts): RequestHandler {
  const { passwords, database, settings } = parts;
  return async (req, res) => {
    const { setupToken, ...draft } = parseBody(register, req);
    const scope = `register:${draft.username}`;
    const keyed = await keyedRequest(req, { scope, body: { ...draft, setupToken }, passwords });
    const role = (trx: Trx) => roleAtRegistration(trx, setupToken, settings);
    const { user, isRepeated } = await createAccount(parts, { draft, role, keyed });
    const row = await requireUserRow(database.db, user.id);
    if (isRepeated) {
      if (!(await passwords.verify(draft.password, row.password_hash))) throw passwordChanged();
      res.set('Idempotency-Replayed', 'true');
    }
    const answer = await signIn(parts, req, row);
    res
      .status(201)
      .set({ Location: `/api/users/${user.id}`, 'Cache-Control': 'no-store' })
      .json({ ...answer, user });
  };
}

function passwordChanged(): ParleyError {
  return new ParleyError(
    'CONFLICT',
    'The password has been changed since this registration; sign in with the new one.',
  );
}
