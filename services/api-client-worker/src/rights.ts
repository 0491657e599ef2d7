import { identityOf, requireUser, type TokenVerifier } from '@parley/common/runtime/access-tokens';
import { ParleyError } from '@parley/common/runtime/errors';
import type { RequestHandler } from 'express';

/** Lets admins pass, and tokens with the scope. */
export function requireScope(verifier: TokenVerifier, scope: 'webhooks' | 'jobs'): RequestHandler[] {
  return [
    requireUser(verifier),
    (req, _res, next) => {
      const { role, scopes } = identityOf(req);
      if (role !== 'admin' && !scopes.includes(scope)) {
        throw new ParleyError('FORBIDDEN', `This needs the admin role or the scope "${scope}".`);
      }
      next();
    },
  ];
}
