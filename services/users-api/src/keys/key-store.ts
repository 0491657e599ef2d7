import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { isUniqueViolation } from '@parley/common/runtime/database-errors';
import type { KeyRing } from '@parley/common/runtime/key-ring';
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose';
import type { SigningKeyRow, UsersDatabase } from '../tables.ts';
import type { ScheduledKey } from './key-schedule.ts';
import { sealKey, unsealKey } from './sealed-key.ts';

export type StoredKey = ScheduledKey & {
  publicJwk: JWK & { kid: string };
  publicKey: KeyObject;
  /** Undefined when it was sealed with a secret that this service has no more. */
  privateKey: KeyObject | undefined;
};

export type KeyStore = {
  /** In the order of their generations. */
  read(): Promise<StoredKey[]>;
  /** Makes the key, unless another node has made one of that generation meanwhile. */
  make(key: { generation: number; signsFrom: number }): Promise<void>;
  erase(generations: number[]): Promise<void>;
};

/** The signing keys (Ed25519) in the database, which all nodes share. */
export function createKeyStore({ db }: UsersDatabase, keys: KeyRing): KeyStore {
  function toKey(row: SigningKeyRow): StoredKey {
    const pkcs8 = unsealKey(row.sealed_private, keys.verifying('signing-key'));
    const privateKey = pkcs8 && createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    const publicJwk = JSON.parse(row.public_jwk);
    return {
      generation: row.generation,
      signsFrom: row.signs_from,
      canSign: privateKey !== undefined,
      publicJwk,
      publicKey: createPublicKey({ key: publicJwk, format: 'jwk' }),
      privateKey,
    };
  }

  return {
    async read() {
      const rows = await db.selectFrom('signing_keys').selectAll().orderBy('generation').execute();
      return rows.map(toKey);
    },
    async make({ generation, signsFrom }) {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      const jwk = await exportJWK(publicKey);
      const publicJwk = { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'EdDSA', use: 'sig' };
      const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
      try {
        await db
          .insertInto('signing_keys')
          .values({
            generation,
            public_jwk: JSON.stringify(publicJwk),
            sealed_private: sealKey(pkcs8, keys.signing('signing-key')),
            signs_from: signsFrom,
          })
          .execute();
      } catch (err) {
        if (!isUniqueViolation(err)) throw err;
      }
    },
    async erase(generations) {
      await db.deleteFrom('signing_keys').where('generation', 'in', generations).execute();
    },
  };
}
