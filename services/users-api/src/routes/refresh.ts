import { refreshTokens } from '@parley/common/contracts/auth';
import { parseBody } from '@parley/common/runtime/http-input';
import type { RequestHandler } from 'express';
import type { Parts } from '../parts.ts';
import { signedIn } from '../sessions/signed-in.ts';

/** `POST /api/auth/refresh`: a new access token and the next refresh token. */
export function refreshRoute(parts: Parts): RequestHandler {
  return async (req, res) => {
    const { refreshToken } = parseBody(refreshTokens, req);
    const { user, ...grant } = await parts.refreshSession(refreshToken);
    res.set('Cache-Control', 'no-store').json(await signedIn(parts, user, grant));
  };
}
