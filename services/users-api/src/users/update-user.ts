import type { Role } from '@parley/common/contracts/user';
import { ParleyError } from '@parley/common/runtime/errors';
import type { EventFeed } from '@parley/common/runtime/event-feed';
import type { Trx, UserRow } from '../tables.ts';
import { countAdmins } from './find-users.ts';
import { requireFree } from './require-free.ts';
import { userUpdatedEvent } from './user-events.ts';

export type UserChange = {
  username?: string | undefined;
  email?: string | undefined;
  displayName?: string | undefined;
  role?: Role | undefined;
  passwordHash?: string | undefined;
};

/** Changes what differs; nothing at all when nothing does. @throws ParleyError CONFLICT: taken, or the last admin */
export async function updateUser(
  trx: Trx,
  row: UserRow,
  change: UserChange,
  { feed, at }: { feed: EventFeed; at: number },
): Promise<UserRow> {
  const { username = row.username, email = row.email, displayName = row.display_name, role = row.role } = change;
  const fields = {
    username,
    email,
    email_key: email.toLowerCase(),
    display_name: displayName,
    role,
    password_hash: change.passwordHash ?? row.password_hash,
  };
  const hasChanged = (Object.keys(fields) as (keyof typeof fields)[]).some((key) => fields[key] !== row[key]);
  if (!hasChanged) return row;
  await requireFree(trx, { username, emailKey: fields.email_key }, row.id);
  if (role !== 'admin') await requireOtherAdmin(trx, row);
  const changed: UserRow = {
    ...row,
    ...fields,
    version: row.version + 1,
    updated_at: Math.max(at, row.updated_at + 1),
  };
  const { version, updated_at } = changed;
  await trx
    .updateTable('users')
    .set({ ...fields, version, updated_at })
    .where('id', '=', row.id)
    .execute();
  await feed.append(trx, userUpdatedEvent(changed));
  return changed;
}

/** Somebody has to be able to make admins. @throws ParleyError CONFLICT */
export async function requireOtherAdmin(trx: Trx, leaving: UserRow): Promise<void> {
  if (leaving.role === 'admin' && (await countAdmins(trx)) === 1) {
    throw new ParleyError('CONFLICT', 'This is the last admin; make somebody else an admin first.');
  }
}
