import { randomBytes } from 'node:crypto';
import type { CreateUser, Role } from '@parley/common/contracts/user';
import { ParleyError } from '@parley/common/runtime/errors';
import type { EventFeed } from '@parley/common/runtime/event-feed';
import type { Trx, UserRow } from '../tables.ts';
import { countUsers } from './find-users.ts';
import { requireFree } from './require-free.ts';
import { userCreatedEvent } from './user-events.ts';

export type NewUser = Pick<CreateUser, 'username' | 'email' | 'displayName'> & { role: Role; passwordHash: string };

export type InsertUserOptions = { feed: EventFeed; maxUsers: number; at: number };

/** @throws ParleyError CONFLICT when name or address is taken, LIMIT_REACHED when there are as many users as may be */
export async function insertUser(
  trx: Trx,
  draft: NewUser,
  { feed, maxUsers, at }: InsertUserOptions,
): Promise<UserRow> {
  const { username, email, displayName = username, role, passwordHash } = draft;
  const emailKey = email.toLowerCase();
  await requireFree(trx, { username, emailKey });
  if ((await countUsers(trx)) >= maxUsers) {
    throw new ParleyError('LIMIT_REACHED', `There are ${maxUsers} users already, as many as this server takes.`);
  }
  const row: UserRow = {
    id: `u_${randomBytes(12).toString('base64url')}`,
    username,
    email,
    email_key: emailKey,
    display_name: displayName,
    role,
    password_hash: passwordHash,
    version: 1,
    created_at: at,
    updated_at: at,
  };
  await trx.insertInto('users').values(row).execute();
  await feed.append(trx, userCreatedEvent(row));
  return row;
}
