import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { DerivedKey } from '@parley/common/runtime/key-ring';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A private key as it lies in the database, so that a copy of the database alone signs no tokens:
 * `<id of the sealing key>.<base64url of iv, ciphertext, tag>`, AES-256-GCM.
 */
export function sealKey(plain: Buffer, { id, key }: DerivedKey): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv);
  const sealed = Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return `${id}.${sealed.toString('base64url')}`;
}

/** Undefined when none of the keys sealed it: the service's secret is another one now. */
export function unsealKey(text: string, keys: DerivedKey[]): Buffer | undefined {
  const [id, encoded = ''] = text.split('.');
  const found = keys.find((candidate) => candidate.id === id);
  if (!found) return undefined;
  const sealed = Buffer.from(encoded, 'base64url');
  const decipher = createDecipheriv(CIPHER, found.key, sealed.subarray(0, IV_BYTES));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
}
