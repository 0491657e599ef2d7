import type { Kysely } from 'kysely';
import type { Revoked } from '../users/known-users.ts';
import type { ChatTables } from './tables.ts';

/** Everybody who is remembered as deleted. */
export async function loadRevoked(db: Kysely<ChatTables>): Promise<Revoked[]> {
  const rows = await db.selectFrom('revoked_users').selectAll().execute();
  return rows.map(({ user_id: user, until }) => ({ user, until }));
}

/** Where a new process begins to follow a service's events; null: at the oldest that is kept. */
export async function loadPlace(db: Kysely<ChatTables>, source: string): Promise<string | null> {
  const row = await db.selectFrom('followed_feeds').select('place').where('source', '=', source).executeTakeFirst();
  return row?.place ?? null;
}

/** Remembers who has been deleted, up to a place in the service's events. */
export async function storeRevoked(
  trx: Kysely<ChatTables>,
  { source, place, revoked }: { source: string; place: string; revoked: readonly Revoked[] },
): Promise<void> {
  for (const { user: user_id, until } of revoked) {
    await trx
      .insertInto('revoked_users')
      .values({ user_id, until })
      .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ until }))
      .execute();
  }
  await trx
    .insertInto('followed_feeds')
    .values({ source, place })
    .onConflict((conflict) => conflict.column('source').doUpdateSet({ place }))
    .execute();
}

/** Forgets who was deleted so long ago that nothing of it can be good any more. */
export async function forgetRevoked(trx: Kysely<ChatTables>, now: number): Promise<void> {
  await trx.deleteFrom('revoked_users').where('until', '<=', now).execute();
}
