import type { Kysely } from 'kysely';
import type { Changed } from '../users/known-users.ts';
import type { ChatTables } from './tables.ts';

/** The latest `limit` of those who are remembered as changed, in the order of the changes. */
export async function loadChanged(db: Kysely<ChatTables>, limit: number): Promise<Changed[]> {
  const rows = await db.selectFrom('changed_users').selectAll().orderBy('until', 'desc').limit(limit).execute();
  return rows.reverse().map(({ user_id: user, user_name: name, role, until }) => ({ user, name, role, until }));
}

/** Remembers what users are by now, each unless a later change is known. Of a user there is one change at most in `changed`. */
export async function storeChanged(trx: Kysely<ChatTables>, changed: readonly Changed[]): Promise<void> {
  // Always in the same order, so that two nodes do not wait for each other.
  for (const { user: user_id, name: user_name, role, until } of changed.toSorted((a, b) =>
    a.user < b.user ? -1 : 1,
  )) {
    await trx
      .insertInto('changed_users')
      .values({ user_id, user_name, role, until })
      .onConflict((conflict) =>
        conflict.column('user_id').doUpdateSet({ user_name, role, until }).where('changed_users.until', '<=', until),
      )
      .execute();
  }
}

/** Forgets the changes of users who are no more. */
export async function forgetChangesOf(trx: Kysely<ChatTables>, users: readonly string[]): Promise<void> {
  if (users.length > 0) await trx.deleteFrom('changed_users').where('user_id', 'in', users).execute();
}

/** Forgets changes from before everything that can be good still. */
export async function forgetChanged(trx: Kysely<ChatTables>, now: number): Promise<void> {
  await trx.deleteFrom('changed_users').where('until', '<=', now).execute();
}
