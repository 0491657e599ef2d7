import type { SignedIn } from '@parley/common/contracts/auth';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Request } from 'express';
import type { Parts } from '../parts.ts';
import type { UserRow } from '../tables.ts';
import { toUser } from '../users/user-view.ts';
import type { Grant } from './sessions.ts';

type SignInParts = Pick<Parts, 'sessions' | 'keys' | 'settings'>;

/** Begins a session on the device that asks. @throws ParleyError UNAUTHENTICATED when the user has changed meanwhile */
export async function signIn(parts: SignInParts, req: Request, user: UserRow): Promise<SignedIn> {
  const device = { userAgent: req.headers['user-agent'], address: req.ip };
  const grant = await parts.sessions.start(user, device);
  if (!grant)
    throw new ParleyError('UNAUTHENTICATED', 'The user or its password has changed meanwhile; sign in again.');
  return signedIn(parts, user, grant);
}

/** The answer of register, login and refresh. */
export async function signedIn(
  { keys, settings }: Pick<Parts, 'keys' | 'settings'>,
  user: UserRow,
  { session, refreshToken }: Grant,
): Promise<SignedIn> {
  const accessToken = await keys.sign(user, session.id);
  return { user: toUser(user), accessToken, refreshToken, expiresIn: Math.ceil(settings.accessTokenMs / 1000) };
}
