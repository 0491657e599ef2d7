import { tokenAudience, tokenIssuer } from '@parley/common/contracts/access-token';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Logger } from '@parley/common/runtime/logger';
import { type JWK, type JWTVerifyGetKey, errors as joseErrors, SignJWT } from 'jose';
import type { UserRow } from '../tables.ts';
import { type KeySchedule, type KeyTimes, scheduleKeys } from './key-schedule.ts';
import type { KeyStore, StoredKey } from './key-store.ts';

/** Clocks of nodes and services may differ by so much. */
const CLOCK_LEEWAY_MS = 60_000;

/** What is remembered of the database is at most this old. */
const MAX_LOOK_MS = 60_000;

/** The least time between two looks that an unknown key id causes. */
const COOLDOWN_MS = 1_000;

export type SigningKeys = {
  /** An access token (JWT, EdDSA) for a session of the user. */
  sign(user: UserRow, sessionId: string): Promise<string>;
  /** The public keys (RFC 7517 §5) and how long, in seconds, this set may be kept. */
  jwks(): { keys: JWK[]; maxAgeS: number };
  /** Gives the key that a token names, for checking it here. */
  verifying: JWTVerifyGetKey;
  /** Reads the keys again; makes and erases what is due. To be called every `lookMs`. */
  look(): Promise<void>;
  lookMs: number;
};

export type SigningKeysOptions = {
  store: KeyStore;
  accessTokenMs: number;
  rotateMs: number;
  leadMs: number;
  log: Logger;
  now?: () => number;
};

/** Opens the keys with the first one made. Nodes look often enough that all know a key before any signs with it. */
export async function openSigningKeys(options: SigningKeysOptions): Promise<SigningKeys> {
  const { store, accessTokenMs, rotateMs, leadMs, log, now = Date.now } = options;
  const times: KeyTimes = { rotateMs, leadMs, keepMs: accessTokenMs + CLOCK_LEEWAY_MS };
  let keys: StoredKey[] = [];
  let lookedAt = Number.NEGATIVE_INFINITY;

  const schedule = (): KeySchedule<StoredKey> => scheduleKeys(keys, now(), times);

  async function readKeys(): Promise<void> {
    keys = await store.read();
    lookedAt = now();
    const { next, dead } = schedule();
    if (next) {
      await store.make(next);
      keys = await store.read();
      log.info({ signsFrom: new Date(next.signsFrom).toISOString() }, 'a new signing key is published');
    }
    if (dead.length > 0) await store.erase(dead.map(({ generation }) => generation));
  }

  let looking: Promise<void> | undefined;
  function look(): Promise<void> {
    looking ??= readKeys().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  const findPublished = (kid: string | undefined) =>
    schedule().published.find(({ publicJwk }) => publicJwk.kid === kid);

  /** Another node may have made the key a moment ago. */
  const verifying: JWTVerifyGetKey = async ({ kid }) => {
    if (!findPublished(kid) && now() - lookedAt >= COOLDOWN_MS) await look();
    const found = findPublished(kid);
    if (!found) throw new joseErrors.JWKSNoMatchingKey();
    return found.publicKey;
  };

  await look();
  return {
    async sign(user, sessionId) {
      const { signing } = schedule();
      if (!signing?.privateKey) throw new ParleyError('UNAVAILABLE', 'Tokens cannot be signed at the moment.');
      const issuedAt = Math.floor(now() / 1000);
      return new SignJWT({ name: user.username, role: user.role, scope: '', sid: sessionId })
        .setProtectedHeader({ alg: 'EdDSA', kid: signing.publicJwk.kid, typ: 'JWT' })
        .setIssuer(tokenIssuer)
        .setAudience(tokenAudience)
        .setSubject(user.id)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + Math.ceil(accessTokenMs / 1000))
        .sign(signing.privateKey);
    },
    jwks() {
      const maxAgeS = Math.floor(Math.min(MAX_LOOK_MS, leadMs / 2) / 1000);
      return { keys: schedule().published.map(({ publicJwk }) => publicJwk), maxAgeS };
    },
    verifying,
    look,
    lookMs: Math.max(100, Math.min(MAX_LOOK_MS, leadMs / 4)),
  };
}
