import { register } from '@parley/common/contracts/auth';
import { parseBody } from '@parley/common/runtime/http-input';
import type { RequestHandler } from 'express';
import { keyedRequest } from '../idempotency.ts';
import type { Parts } from '../parts.ts';
import { signIn } from '../sessions/signed-in.ts';
import { createAccount } from '../users/create-account.ts';
import { requireUserRow } from '../users/find-users.ts';
import { roleAtRegistration } from '../users/first-admin.ts';

/**
 * `POST /api/auth/register`. A repeated Idempotency-Key is answered with the same user and a session of its own: the
 * tokens of the first answer are kept nowhere. That is a login too: the password still has to be the user's,
 * and a wrong one counts as a failed login.
 */
export function registerRoute(parts: Parts): RequestHandler {
  const { database, settings, passwords, passwordGuard } = parts;
  return async (req, res) => {
    const { setupToken, ...draft } = parseBody(register, req);
    const keyed = keyedRequest(req, { scope: `register:${draft.username}`, body: { ...draft, password: undefined } });
    const { user, passwordHash, isRepeated } = await createAccount(parts, {
      draft,
      role: (trx) => roleAtRegistration(trx, setupToken, settings),
      keyed,
      verify: ({ userId: account, passwordHash: hash }) =>
        passwordGuard.check(req, res, { account, verify: () => passwords.verify(draft.password, hash) }),
    });
    const row = await requireUserRow(database.db, user.id);
    const answer = await signIn(parts, req, { ...row, password_hash: passwordHash });
    if (isRepeated) res.set('Idempotency-Replayed', 'true');
    res
      .status(201)
      .set({ Location: `/api/users/${user.id}`, 'Cache-Control': 'no-store' })
      .json({ ...answer, user });
  };
}
