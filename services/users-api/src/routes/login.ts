import { login } from '@parley/common/contracts/auth';
import { ParleyError } from '@parley/common/runtime/errors';
import { parseBodyOf } from '@parley/common/runtime/http-input';
import type { RequestHandler } from 'express';
import type { Parts } from '../parts.ts';
import { signIn } from '../sessions/signed-in.ts';
import { findByLogin } from '../users/find-users.ts';

const FORM = 'application/x-www-form-urlencoded';

/** `POST /api/auth/login`, as JSON or as a form. An unknown user is refused as a wrong password is, and as slowly. */
export function loginRoute(parts: Parts): RequestHandler {
  const { database, passwords, passwordGuard } = parts;
  return async (req, res) => {
    const { username, password } = parseBodyOf(['application/json', FORM], login, req);
    const user = await findByLogin(database.db, username);
    const isRight = await passwordGuard.check(req, res, {
      account: user?.id ?? `unknown ${username.toLowerCase()}`,
      verify: () => passwords.verify(password, user?.password_hash),
    });
    if (!user || !isRight) throw new ParleyError('UNAUTHENTICATED', 'The username or the password is wrong.');
    res.set('Cache-Control', 'no-store').json(await signIn(parts, req, user));
  };
}
