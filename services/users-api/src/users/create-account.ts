import type { CreateUser, Role, User } from '@parley/common/contracts/user';
import { type KeyedRequest, recall, remember, requireSameBody } from '../idempotency.ts';
import type { Parts } from '../parts.ts';
import type { Trx } from '../tables.ts';
import { insertUser } from './insert-user.ts';
import { toUser } from './user-view.ts';

export type AccountRequest = {
  draft: Pick<CreateUser, 'username' | 'email' | 'displayName' | 'password'>;
  /** Asked in the transaction of the change. */
  role: (trx: Trx) => Promise<Role>;
  keyed: KeyedRequest | undefined;
};

/** `isRepeated`: the key was used before, nothing was changed, and `user` is what was answered then. */
export type Account = { user: User; isRepeated: boolean };

type AccountParts = Pick<Parts, 'changeUsers' | 'feed' | 'passwords' | 'settings'>;

/** @throws ParleyError CONFLICT, LIMIT_REACHED, or what `role` throws */
export async function createAccount(
  { changeUsers, feed, passwords, settings }: AccountParts,
  { draft, role, keyed }: AccountRequest,
): Promise<Account> {
  const passwordHash = await passwords.hash(draft.password);
  const { remembered, user } = await changeUsers(async (trx) => {
    const remembered = keyed && (await recall(trx, keyed));
    if (remembered) return { remembered, user: remembered.answer as User };
    const at = Date.now();
    const newUser = { ...draft, passwordHash, role: await role(trx) };
    const row = await insertUser(trx, newUser, { feed, maxUsers: settings.maxUsers, at });
    if (keyed) await remember(trx, keyed, { userId: row.id, answer: toUser(row), at });
    return { remembered: undefined, user: toUser(row) };
  });
  if (remembered && keyed) await requireSameBody(remembered, keyed, passwords);
  return { user, isRepeated: remembered !== undefined };
}
