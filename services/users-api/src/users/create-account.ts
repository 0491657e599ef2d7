import type { CreateUser, Role, User } from '@parley/common/contracts/user';
import { type KeyedRequest, type Remembered, recall, remember, usedOtherwise } from '../idempotency.ts';
import type { Parts } from '../parts.ts';
import type { Trx } from '../tables.ts';
import { insertUser } from './insert-user.ts';
import { toUser } from './user-view.ts';

export type AccountRequest = {
  draft: Pick<CreateUser, 'username' | 'email' | 'displayName' | 'password'>;
  /** Asked in the transaction of the change. */
  role: (trx: Trx) => Promise<Role>;
  keyed: KeyedRequest | undefined;
  /** Whether the draft's password has the hash of the first one that came with the key. */
  verify: (first: Remembered) => Promise<boolean>;
};

/**
 * `isRepeated`: the key was used before, nothing was changed, and `user` is what was answered then. `passwordHash`: the
 * user's at that time.
 */
export type Account = { user: User; passwordHash: string; isRepeated: boolean };

type AccountParts = Pick<Parts, 'changeUsers' | 'feed' | 'passwords' | 'settings'>;

/** @throws ParleyError CONFLICT, LIMIT_REACHED, or what `role` throws */
export async function createAccount(
  { changeUsers, feed, passwords, settings }: AccountParts,
  { draft, role, keyed, verify }: AccountRequest,
): Promise<Account> {
  const passwordHash = await passwords.hash(draft.password);
  const { user, remembered } = await changeUsers(async (trx) => {
    const remembered = keyed && (await recall(trx, keyed));
    if (remembered) return { user: remembered.answer as User, remembered };
    const at = Date.now();
    const newUser = { ...draft, passwordHash, role: await role(trx) };
    const answer = toUser(await insertUser(trx, newUser, { feed, maxUsers: settings.maxUsers, at }));
    if (keyed) await remember(trx, keyed, { userId: answer.id, passwordHash, answer, at });
    return { user: answer, remembered };
  });
  if (!remembered) return { user, passwordHash, isRepeated: false };
  if (!(await verify(remembered))) throw usedOtherwise();
  return { user, passwordHash: remembered.passwordHash, isRepeated: true };
}
