import { refreshTokens } from '@parley/common/contracts/auth';
import { parseBody } from '@parley/common/runtime/http-input';
import type { RequestHandler } from 'express';
import type { Parts } from '../parts.ts';

/** `POST /api/auth/logout`: ends the session of a refresh token; one that has ended already is as good. */
export function logoutRoute({ sessions }: Pick<Parts, 'sessions'>): RequestHandler {
  return async (req, res) => {
    await sessions.endByToken(parseBody(refreshTokens, req).refreshToken);
    res.status(204).end();
  };
}
