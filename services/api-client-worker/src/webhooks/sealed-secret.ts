import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KeyRing } from '@parley/common/runtime/key-ring';

const CIPHER = 'aes-256-gcm';
/** NIST SP 800-38D §8.2: 96 bits. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = '1';

/**
 * A secret as it is stored: `1.<key id>.<nonce, ciphertext and tag in base64url>`. `owner` is authenticated with it, so
 * that a sealed secret cannot be moved to another endpoint's row.
 */
export function sealSecret(keys: KeyRing, owner: string, secret: string): string {
  const { id, key } = keys.signing('webhook-secret');
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(owner));
  const sealed = Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return [VERSION, id, sealed.toString('base64url')].join('.');
}

/** The secret; undefined when no key of the ring opens it. */
export function openSecret(keys: KeyRing, owner: string, sealed: string): string | undefined {
  const [version, id, encoded = ''] = sealed.split('.');
  const found = keys.verifying('webhook-secret').find((candidate) => candidate.id === id);
  const bytes = Buffer.from(encoded, 'base64url');
  if (version !== VERSION || !found || bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv(CIPHER, found.key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    return text.toString('utf8');
  } catch {
    return undefined;
  }
}

/** Whether it was sealed with the key that seals now: else it has to be sealed anew before the old key is taken away. */
export function isSealedByCurrentKey(keys: KeyRing, sealed: string): boolean {
  return sealed.split('.')[1] === keys.signing('webhook-secret').id;
}
