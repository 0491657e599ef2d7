import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { type Argon2Cost, decodePhc, encodePhc } from './phc.ts';
import type { WorkGate } from './work-gate.ts';

/** OWASP's Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane. */
const COST: Argon2Cost = { memory: 19_456, passes: 2, parallelism: 1 };

const SALT_BYTES = 16;
const HASH_BYTES = 32;

export type Passwords = {
  hash(password: string): Promise<string>;
  /** Whether it is the password of the hash. Without a hash it takes as long and is false. */
  verify(password: string, hash: string | undefined): Promise<boolean>;
};

const argon2Async = promisify(argon2);

/** Hashes in libuv's threads, as many at a time as the gate allows. */
export function createPasswords(gate: WorkGate): Passwords {
  // Nobody's password, hashed at the usual cost: what an unknown user's guess is compared with.
  const nobody = encodePhc({ ...COST, salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) });

  function derive(password: string, salt: Buffer, { memory, passes, parallelism }: Argon2Cost, tagLength: number) {
    // NIST SP 800-63B §3.1.1.2: the same password may be typed in several forms of Unicode.
    const message = password.normalize('NFKC');
    return gate.run(() => argon2Async('argon2id', { message, nonce: salt, memory, passes, parallelism, tagLength }));
  }

  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES);
      return encodePhc({ ...COST, salt, hash: await derive(password, salt, COST, HASH_BYTES) });
    },
    async verify(password, hash) {
      const expected = decodePhc(hash ?? nobody);
      const derived = await derive(password, expected.salt, expected, expected.hash.length);
      return timingSafeEqual(derived, expected.hash) && hash !== undefined;
    },
  };
}
