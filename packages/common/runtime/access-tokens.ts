import type { Request, RequestHandler } from 'express';
import { createRemoteJWKSet, type JWTPayload, type JWTVerifyGetKey, errors as joseErrors, jwtVerify } from 'jose';
import { accessTokenClaims, scopesOf, tokenAudience, tokenIssuer } from '../contracts/access-token.ts';
import { ParleyError } from './errors.ts';
import { bearerToken } from './service-tokens.ts';

/** Who a user's access token names. `expiresAt`: milliseconds since 1970. */
export type Identity = {
  id: string;
  name: string;
  role: string;
  scopes: string[];
  sessionId: string;
  expiresAt: number;
};

export type TokenVerifier = {
  /** @throws ParleyError UNAUTHENTICATED for a bad or expired token, UNAVAILABLE when no key can be had to tell */
  verify(token: string): Promise<Identity>;
};

export type TokenVerifierOptions = {
  /** Where users-api publishes its keys; asked again for each load, since discovery may have moved it. */
  jwksUrl: () => Promise<URL>;
  /** For one load of the keys. */
  timeoutMs?: number;
};

/**
 * Checks access tokens with users-api's published keys: kept, and loaded again for an unknown key id (at most every
 * 10 s). Keys once loaded go on being used for known key ids while users-api is away.
 */
export function createTokenVerifier({ jwksUrl, timeoutMs = 3_000 }: TokenVerifierOptions): TokenVerifier {
  let current: { href: string; keys: JWTVerifyGetKey } | undefined;

  async function keySet(): Promise<JWTVerifyGetKey> {
    const url = await jwksUrl();
    if (current?.href !== url.href) {
      const options = { timeoutDuration: timeoutMs, cooldownDuration: 10_000, cacheMaxAge: Number.POSITIVE_INFINITY };
      current = { href: url.href, keys: createRemoteJWKSet(url, options) };
    }
    return current.keys;
  }

  return tokenVerifierOf(keySet);
}

/** Checks access tokens with keys that are at hand. `keys` may fail: then it is UNAVAILABLE. */
export function tokenVerifierOf(keys: () => Promise<JWTVerifyGetKey>): TokenVerifier {
  return {
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, await keys(), {
          issuer: tokenIssuer,
          audience: tokenAudience,
          algorithms: ['EdDSA', 'Ed25519'],
          requiredClaims: ['sub', 'exp'],
          clockTolerance: 5,
        });
        return identityFrom(payload);
      } catch (cause) {
        throw tokenError(cause);
      }
    },
  };
}

function identityFrom(payload: JWTPayload): Identity {
  const claims = accessTokenClaims.parse(payload);
  return {
    id: claims.sub,
    name: claims.name,
    role: claims.role,
    scopes: scopesOf(claims.scope),
    sessionId: claims.sid,
    expiresAt: claims.exp * 1000,
  };
}

/** A token that is wrong, told apart from keys that could not be had: the second is not the client's fault. */
function tokenError(cause: unknown): ParleyError {
  if (cause instanceof joseErrors.JWTExpired) {
    return new ParleyError('UNAUTHENTICATED', 'The access token has expired; refresh it.', { cause });
  }
  const keysAway =
    cause instanceof joseErrors.JWKSTimeout ||
    cause instanceof joseErrors.JWKSInvalid ||
    !(cause instanceof joseErrors.JOSEError) ||
    cause.code === 'ERR_JOSE_GENERIC';
  if (keysAway && !isZodError(cause)) {
    return new ParleyError('UNAVAILABLE', 'Tokens cannot be checked at the moment; try again soon.', {
      cause,
      retryAfterMs: 2_000,
    });
  }
  return new ParleyError('UNAUTHENTICATED', 'The access token is not valid.', { cause });
}

function isZodError(cause: unknown): boolean {
  return cause instanceof Error && cause.name.includes('ZodError');
}

const identities = new WeakMap<Request, Identity>();

/** Lets only users pass; a handler behind it asks `identityOf(req)`. */
export function requireUser(verifier: TokenVerifier): RequestHandler {
  return async (req, _res, next) => {
    const token = bearerToken(req.headers.authorization);
    if (!token) throw new ParleyError('UNAUTHENTICATED', 'Send an access token as "Authorization: Bearer …".');
    identities.set(req, await verifier.verify(token));
    next();
  };
}

/** The user that `requireUser` let pass. */
export function identityOf(req: Request): Identity {
  const identity = identities.get(req);
  if (!identity) throw new Error('identityOf is for handlers behind requireUser');
  return identity;
}
