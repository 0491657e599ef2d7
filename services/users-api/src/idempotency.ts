import { createHash } from 'node:crypto';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Request } from 'express';
import type { Trx, UsersDatabase } from './tables.ts';

/**
 * `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): the answer is remembered in the transaction of the
 * change, so a repeated request is answered from it and changes nothing, also after a crash.
 */
export type KeyedRequest = {
  /** Who may repeat it, and what it was: keys of others never meet. */
  scope: string;
  key: string;
  /** Of the body without its secrets: it is no slow hash. */
  fingerprint: string;
};

const KEY = /^[\x21-\x7e]{1,255}$/;

/** Undefined for a request without a key. `body`: as parsed, without secrets. @throws ParleyError BAD_MESSAGE for an unusable key */
export function keyedRequest(
  req: Request,
  { scope, body }: { scope: string; body: unknown },
): KeyedRequest | undefined {
  const key = req.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !KEY.test(key)) {
    const details = [{ path: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' }];
    throw new ParleyError('BAD_MESSAGE', 'The header is not as expected.', { details });
  }
  return { scope, key, fingerprint: createHash('sha256').update(JSON.stringify(body)).digest('base64url') };
}

/** `passwordHash`: of the password that the body had. */
export type Remembered = { userId: string; passwordHash: string; answer: unknown };

/** @throws ParleyError CONFLICT when the key was used with another body */
export async function recall(trx: Trx, { scope, key, fingerprint }: KeyedRequest): Promise<Remembered | undefined> {
  const found = await trx
    .selectFrom('idempotency')
    .select(['user_id', 'fingerprint', 'password_hash', 'answer'])
    .where('scope', '=', scope)
    .where('key', '=', key)
    .executeTakeFirst();
  if (!found) return undefined;
  if (found.fingerprint !== fingerprint) throw usedOtherwise();
  return { userId: found.user_id, passwordHash: found.password_hash, answer: JSON.parse(found.answer) };
}

export async function remember(
  trx: Trx,
  keyed: KeyedRequest,
  { at, ...remembered }: Remembered & { at: number },
): Promise<void> {
  const { userId, passwordHash, answer } = remembered;
  await trx
    .insertInto('idempotency')
    .values({ ...keyed, user_id: userId, password_hash: passwordHash, answer: JSON.stringify(answer), created_at: at })
    .execute();
}

export function usedOtherwise(): ParleyError {
  return new ParleyError('CONFLICT', 'This Idempotency-Key was used with another body.', {
    details: [{ path: 'Idempotency-Key', message: 'was used with another body' }],
  });
}

/** Forgets what is older; gives how many. */
export async function forgetAnswers({ db }: UsersDatabase, before: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('idempotency')
    .where('created_at', '<', before)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
