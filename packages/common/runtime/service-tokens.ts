import type { RequestHandler } from 'express';
import { errors as joseErrors, jwtVerify, SignJWT } from 'jose';
import { ParleyError } from './errors.ts';
import type { KeyRing } from './key-ring.ts';

const LIFETIME_S = 60;

/** A cached token is handed out until it has this long left. */
const FRESH_MS = 30_000;

export type ServiceTokens = {
  /** A token that lets this service in at `audience`, another service's name. Valid for at least 30 s. */
  sign(audience: string): Promise<string>;
  /** The name of the service that signed. @throws ParleyError UNAUTHENTICATED */
  verify(token: string): Promise<string>;
};

/** Short-lived HS256 tokens between services, signed with the key ring's `service-token` key; `name` is who we are. */
export function createServiceTokens(keys: KeyRing, name: string): ServiceTokens {
  const cache = new Map<string, { token: string; freshUntil: number }>();
  return {
    async sign(audience) {
      const cached = cache.get(audience);
      if (cached && cached.freshUntil > Date.now()) return cached.token;
      const { id, key } = keys.signing('service-token');
      const token = await new SignJWT()
        .setProtectedHeader({ alg: 'HS256', kid: id })
        .setIssuer(name)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(`${LIFETIME_S}s`)
        .sign(key);
      cache.set(audience, { token, freshUntil: Date.now() + LIFETIME_S * 1000 - FRESH_MS });
      return token;
    },
    async verify(token) {
      try {
        const { payload } = await jwtVerify(
          token,
          (header) => {
            const found = keys.verifying('service-token').find(({ id }) => id === header.kid);
            if (!found) throw new joseErrors.JWKSNoMatchingKey();
            return found.key;
          },
          { audience: name, algorithms: ['HS256'], requiredClaims: ['iss', 'exp'], clockTolerance: 5 },
        );
        return String(payload.iss);
      } catch (cause) {
        throw new ParleyError('UNAUTHENTICATED', 'A valid service token is needed.', { cause });
      }
    },
  };
}

/** The token of an `Authorization: Bearer …` header (RFC 6750 §2.1), if there is one. */
export function bearerToken(header: string | undefined): string | undefined {
  return header && /^bearer +(\S+)$/i.exec(header)?.[1];
}

/** Lets only other services pass. */
export function requireService(tokens: ServiceTokens): RequestHandler {
  return async (req, _res, next) => {
    await tokens.verify(bearerToken(req.headers.authorization) ?? '');
    next();
  };
}
