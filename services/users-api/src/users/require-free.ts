import { ParleyError } from '@parley/common/runtime/errors';
import type { Trx } from '../tables.ts';

type Wanted = { username: string; emailKey: string };

/** Both are unique, whatever the case. @throws ParleyError CONFLICT that names what somebody else has */
export async function requireFree(trx: Trx, { username, emailKey }: Wanted, exceptId?: string): Promise<void> {
  const holders = await trx
    .selectFrom('users')
    .select(['id', 'username', 'email_key'])
    .where((eb) => eb.or([eb('username', '=', username), eb('email_key', '=', emailKey)]))
    .execute();
  const others = holders.filter(({ id }) => id !== exceptId);
  const details = [
    ...(others.some((other) => other.username === username) ? [{ path: 'username', message: 'is taken' }] : []),
    ...(others.some((other) => other.email_key === emailKey) ? [{ path: 'email', message: 'is taken' }] : []),
  ];
  if (details.length === 0) return;
  throw new ParleyError('CONFLICT', `The ${details.map(({ path }) => path).join(' and the ')} is taken.`, { details });
}
