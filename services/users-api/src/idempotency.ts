import { ParleyError } from '@parley/common/runtime/errors';
import type { Request } from 'express';
import type { Passwords } from './passwords/passwords.ts';
import type { Trx, UsersDatabase } from './tables.ts';

/**
 * `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): the answer is remembered in the transaction of the
 * change, so a repeated request is answered from it and changes nothing, also after a crash. The body is remembered as a
 * fingerprint that is as slow as a password's hash, because a body may hold a password.
 */
export type KeyedRequest = {
  /** Who may repeat it, and what it was: keys of others never meet. */
  scope: string;
  key: string;
  fingerprint: string;
  body: string;
};

const KEY = /^[\x21-\x7e]{1,255}$/;

/** Undefined for a request without a key. `body`: as parsed. @throws ParleyError BAD_MESSAGE for an unusable key */
export async function keyedRequest(
  req: Request,
  { scope, body, passwords }: { scope: string; body: unknown; passwords: Passwords },
): Promise<KeyedRequest | undefined> {
  const key = req.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !KEY.test(key)) {
    const details = [{ path: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' }];
    throw new ParleyError('BAD_MESSAGE', 'The header is not as expected.', { details });
  }
  const text = JSON.stringify(body);
  return { scope, key, fingerprint: await passwords.hash(text), body: text };
}

export type Remembered = { userId: string; fingerprint: string; answer: unknown };

export async function recall(trx: Trx, { scope, key }: KeyedRequest): Promise<Remembered | undefined> {
  const found = await trx
    .selectFrom('idempotency')
    .select(['user_id', 'fingerprint', 'answer'])
    .where('scope', '=', scope)
    .where('key', '=', key)
    .executeTakeFirst();
  return found && { userId: found.user_id, fingerprint: found.fingerprint, answer: JSON.parse(found.answer) };
}

export type Answered = { userId: string; answer: unknown; at: number };

export async function remember(trx: Trx, { scope, key, fingerprint }: KeyedRequest, answered: Answered): Promise<void> {
  const { userId, answer, at } = answered;
  await trx
    .insertInto('idempotency')
    .values({ scope, key, user_id: userId, fingerprint, answer: JSON.stringify(answer), created_at: at })
    .execute();
}

/** @throws ParleyError CONFLICT when the key was used with another body */
export async function requireSameBody(
  { fingerprint }: Remembered,
  { body }: KeyedRequest,
  passwords: Passwords,
): Promise<void> {
  if (await passwords.verify(body, fingerprint)) return;
  throw new ParleyError('CONFLICT', 'This Idempotency-Key was used with another body.', {
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
