/**
 * When an access token ends, in ms since 1970, by its `exp` claim (RFC 7519 §4.1.4). Undefined for what is not a JWT: it is the
 * server that judges tokens, this only tells when a new one is worth getting.
 */
export function tokenExpiry(token: string): number | undefined {
  const [, payload] = token.split('.');
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    if (typeof claims !== 'object' || claims === null || !('exp' in claims)) return undefined;
    return typeof claims.exp === 'number' ? claims.exp * 1_000 : undefined;
  } catch {
    return undefined;
  }
}

/** Of a token's time, this much is used before a new one is got. */
const usedShare = 0.8;

/** The longest delay that timers take. */
const longestMs = 2 ** 31 - 1;

/** In how many ms to get the next token; undefined: not known, or it is too late by this clock, which may be wrong. */
export function refreshInMs(token: string, now: number): number | undefined {
  const leftMs = (tokenExpiry(token) ?? 0) - now;
  return leftMs <= 0 ? undefined : Math.min(longestMs, leftMs * usedShare);
}
