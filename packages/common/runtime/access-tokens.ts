import type { Request, RequestHandler } from 'express';
import {
  createRemoteJWKSet,
  customFetch,
  type FetchImplementation,
  type JWTPayload,
  type JWTVerifyGetKey,
  errors as joseErrors,
  jwtVerify,
} from 'jose';
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
  /** Where users-api publishes its keys; asked for each load, since discovery may have moved it. */
  jwksUrl: () => Promise<URL>;
  /** For one load of the keys. */
  timeoutMs?: number;
  /** After a load, whatever it brought, there is none for so long: made-up key ids must not become a flood of requests. */
  pauseMs?: number;
};

/** After a load that succeeded. */
const COOLDOWN_MS = 10_000;

/** Never asked: `load` knows where the keys are. */
const SOMEWHERE = new URL('http://users-api/');

/**
 * Checks access tokens with users-api's published keys: kept, and loaded again for an unknown key id (at most every
 * 10 s). Keys once loaded go on being used for known key ids while users-api is away.
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { jwksUrl, timeoutMs = 3_000, pauseMs = 250 } = options;
  let pausedUntil = 0;

  const load: FetchImplementation = async (_url, request) => {
    if (Date.now() < pausedUntil) throw new Error('the keys could not be had a moment ago');
    pausedUntil = Date.now() + pauseMs;
    return fetch(await jwksUrl(), request);
  };

  const keys = createRemoteJWKSet(SOMEWHERE, {
    timeoutDuration: timeoutMs,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    [customFetch]: load,
  });
  return tokenVerifierOf(keys);
}

/** Checks access tokens with keys that are at hand. When `keys` fails with what is no fault of the token: UNAVAILABLE. */
export function tokenVerifierOf(keys: JWTVerifyGetKey): TokenVerifier {
  async function verified(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: tokenIssuer,
        audience: tokenAudience,
        algorithms: ['EdDSA', 'Ed25519'],
        requiredClaims: ['sub', 'exp'],
        clockTolerance: 5,
      });
      return payload;
    } catch (cause) {
      throw tokenError(cause);
    }
  }

  return {
    async verify(token) {
      const claims = accessTokenClaims.safeParse(await verified(token));
      if (!claims.success) throw notValid(claims.error);
      const { sub: id, name, role, scope, sid: sessionId, exp } = claims.data;
      return { id, name, role, scopes: scopesOf(scope), sessionId, expiresAt: exp * 1000 };
    },
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
    cause instanceof joseErrors.JWKInvalid ||
    !(cause instanceof joseErrors.JOSEError) ||
    cause.code === 'ERR_JOSE_GENERIC';
  if (!keysAway) return notValid(cause);
  const message = 'Tokens cannot be checked at the moment; try again soon.';
  return new ParleyError('UNAVAILABLE', message, { cause, retryAfterMs: 2_000 });
}

function notValid(cause: unknown): ParleyError {
  return new ParleyError('UNAUTHENTICATED', 'The access token is not valid.', { cause });
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
