import { ParleyError } from '@parley/common/runtime/errors';
import type { Kysely } from 'kysely';
import type { Tables, UserRow } from '../tables.ts';

type Db = Kysely<Tables>;

/** @throws ParleyError NOT_FOUND */
export async function requireUserRow(db: Db, id: string): Promise<UserRow> {
  const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw new ParleyError('NOT_FOUND', 'There is no such user.');
  return row;
}

/** By username or e-mail address, in any case; a username has no `@`. */
export async function findByLogin(db: Db, login: string): Promise<UserRow | undefined> {
  const key = login.toLowerCase();
  const column = key.includes('@') ? 'email_key' : 'username';
  return db.selectFrom('users').selectAll().where(column, '=', key).executeTakeFirst();
}

export async function countUsers(db: Db): Promise<number> {
  const counted = db.selectFrom('users').select((eb) => eb.fn.countAll<number>().as('count'));
  return (await counted.executeTakeFirstOrThrow()).count;
}

export async function countAdmins(db: Db): Promise<number> {
  const counted = db
    .selectFrom('users')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('role', '=', 'admin');
  return (await counted.executeTakeFirstOrThrow()).count;
}

/** In the order in which they came. */
export async function pageOfUsers(db: Db, offset: number, limit: number): Promise<UserRow[]> {
  const inOrder = db.selectFrom('users').selectAll().orderBy('created_at').orderBy('id');
  return inOrder.offset(offset).limit(limit).execute();
}
