import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StartError } from './listen.ts';

/** A key shorter than this can be guessed; 32 random hex digits are 128 bits. */
export const MIN_SECRET_CHARS = 32;

/** What a key is for; a key of one purpose is worthless for another. */
export type KeyPurpose = 'service-token' | 'ticket' | 'discovery' | 'webhook-secret' | 'signing-key';

/** `id` is the first 8 hex digits of the key's SHA-256: it names the key and tells nothing of it. */
export type DerivedKey = { id: string; key: Buffer };

export type KeyRing = {
  /** The key that signs. */
  signing(purpose: KeyPurpose): DerivedKey;
  /** Every key that is accepted, the signing one first. */
  verifying(purpose: KeyPurpose): DerivedKey[];
};

/** Derives 32-byte keys per purpose from the secrets by HKDF-SHA256 (RFC 5869): the first signs, all verify. */
export function createKeyRing(secrets: readonly [string, ...string[]]): KeyRing {
  const cache = new Map<KeyPurpose, DerivedKey[]>();
  function verifying(purpose: KeyPurpose): DerivedKey[] {
    let keys = cache.get(purpose);
    if (!keys) {
      keys = secrets.map((secret) => derive(secret, purpose));
      cache.set(purpose, keys);
    }
    return keys;
  }
  return { verifying, signing: (purpose) => verifying(purpose)[0] as DerivedKey };
}

function derive(secret: string, purpose: KeyPurpose): DerivedKey {
  const key = Buffer.from(hkdfSync('sha256', secret, 'parley', purpose, 32));
  return { id: createHash('sha256').update(key).digest('hex').slice(0, 8), key };
}

/**
 * The key ring of the given secrets or, without any (development), of a secret kept in `dataDir/service-secret`.
 * Services that start at the same time agree on one: the file appears whole by link(2), a loser of the race reads it.
 */
export async function openKeyRing(secrets: string[] | undefined, dataDir: string): Promise<KeyRing> {
  const [first, ...rest] = secrets ?? [];
  return createKeyRing(first ? [first, ...rest] : [await keptSecret(dataDir)]);
}

async function keptSecret(dataDir: string): Promise<string> {
  const path = join(dataDir, 'service-secret');
  const secret = (await readSecret(path)) ?? (await makeSecret(path));
  if (secret.length < MIN_SECRET_CHARS) {
    throw new StartError(`${path} holds no secret of ${MIN_SECRET_CHARS} characters; delete it to have one made`);
  }
  return secret;
}

async function makeSecret(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(draft, randomBytes(32).toString('hex'), { flag: 'wx', mode: 0o600, flush: true });
    await link(draft, path);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'EEXIST') throw err;
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(path, 'utf8');
}

async function readSecret(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw err;
  }
}
