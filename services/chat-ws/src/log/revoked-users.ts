import type { DatabaseKind } from '@parley/common/runtime/database';
import { ParleyError } from '@parley/common/runtime/errors';
import { type Kysely, sql } from 'kysely';
import type { Revoked } from '../users/known-users.ts';
import type { ChatTables } from './tables.ts';

/** Held by who is remembering deleted users, and shared by who makes somebody a member. Any fixed number of our own does. */
const REVOCATION_LOCK = 0x7265766f;

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

/**
 * Remembers who has been deleted. Who was being made a member meanwhile is one when this is committed, and nobody of them is made one
 * afterwards.
 */
export async function storeRevoked(
  trx: Kysely<ChatTables>,
  kind: DatabaseKind,
  revoked: readonly Revoked[],
): Promise<void> {
  if (kind === 'postgres') await sql`SELECT pg_advisory_xact_lock(${REVOCATION_LOCK}::bigint)`.execute(trx);
  for (const { user: user_id, until } of revoked) {
    await trx
      .insertInto('revoked_users')
      .values({ user_id, until })
      .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ until }))
      .execute();
  }
}

/** Nobody who has been deleted becomes a member by the rest of this transaction. @throws ParleyError NOT_FOUND */
export async function checkNotRevoked(trx: Kysely<ChatTables>, kind: DatabaseKind, user: string): Promise<void> {
  if (kind === 'postgres') await sql`SELECT pg_advisory_xact_lock_shared(${REVOCATION_LOCK}::bigint)`.execute(trx);
  const revoked = await trx
    .selectFrom('revoked_users')
    .select('user_id')
    .where('user_id', '=', user)
    .executeTakeFirst();
  if (revoked !== undefined) throw new ParleyError('NOT_FOUND', 'There is no such user.');
}

/** How far a service's events have been taken in. */
export async function storePlace(
  trx: Kysely<ChatTables>,
  { source, place }: { source: string; place: string },
): Promise<void> {
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
