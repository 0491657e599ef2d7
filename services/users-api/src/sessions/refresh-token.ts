import { createHash, hkdfSync, randomBytes } from 'node:crypto';

/**
 * A refresh token is `<handle>.<secret>`. The handle names its family, for all of its life, and is known only to who
 * held a token of it: a right handle with a wrong secret is a token that was used before (or stolen), never a guess.
 * The database has hashes of both. Each use replaces the secret.
 */
export type RefreshToken = { handle: Buffer; secret: Buffer };

const HANDLE_BYTES = 16;
const SECRET_BYTES = 32;
const FORMAT = /^([\w-]{22})\.([\w-]{43})$/;

export const createHandle = (): Buffer => randomBytes(HANDLE_BYTES);
export const createSecret = (): Buffer => randomBytes(SECRET_BYTES);

export function encodeRefreshToken({ handle, secret }: RefreshToken): string {
  return `${handle.toString('base64url')}.${secret.toString('base64url')}`;
}

/** Undefined for what never was a refresh token. */
export function decodeRefreshToken(text: string): RefreshToken | undefined {
  const [, handle, secret] = FORMAT.exec(text) ?? [];
  if (!handle || !secret) return undefined;
  return { handle: Buffer.from(handle, 'base64url'), secret: Buffer.from(secret, 'base64url') };
}

export function hashPart(part: Buffer): string {
  return createHash('sha256').update(part).digest('base64url');
}

/**
 * The next secret, readable only with the one before it: so a client that missed the answer to a refresh can be given
 * the same successor again, and the database alone gives nobody anything. A one-time pad derived from the predecessor,
 * which has exactly one successor; sealing and unsealing are the same.
 */
export function padSuccessor(successor: Buffer, predecessor: Buffer): Buffer {
  const pad = Buffer.from(hkdfSync('sha256', predecessor, '', 'parley refresh successor', SECRET_BYTES));
  return Buffer.from(successor.map((byte, i) => byte ^ (pad[i] ?? 0)));
}
