import { type CreateWebhook, type PatchWebhook, webhookId } from '@parley/common/contracts/webhook';
import type { Database } from '@parley/common/runtime/database';
import { ParleyError } from '@parley/common/runtime/errors';
import type { KeyRing } from '@parley/common/runtime/key-ring';
import { createWebhookSecret } from '@parley/common/wire/webhook-signature';
import { type Kysely, sql } from 'kysely';
import type { EndpointRow, Tables } from '../database/tables.ts';
import { isSealedByCurrentKey, openSecret, sealSecret } from './sealed-secret.ts';
import { changedColumns, newEndpoint } from './webhook-row.ts';

export type WebhookStoreOptions = {
  database: Pick<Database<Tables>, 'db' | 'kind'>;
  keys: KeyRing;
  maxWebhooks: number;
  secretOverlapMs: number;
  /** Called after a commit that changed or deleted an endpoint. */
  onChange(id: string): void;
};

/** Decides on the row as it is now whether the change may be made. @throws ParleyError, e.g. PRECONDITION_FAILED */
export type Guard = (row: EndpointRow) => void;

export type WebhookStore = {
  /** @throws ParleyError LIMIT_REACHED */
  create(wanted: CreateWebhook, now: number): Promise<{ row: EndpointRow; secret: string }>;
  list(page: number, perPage: number): Promise<{ rows: EndpointRow[]; total: number }>;
  /** @throws ParleyError NOT_FOUND, like all that follow */
  get(id: string): Promise<EndpointRow>;
  patch(id: string, change: PatchWebhook, now: number, guard: Guard): Promise<EndpointRow>;
  /** With its jobs. */
  delete(id: string, guard: Guard): Promise<void>;
  /** The new secret; the old one goes on signing, too, for a while. */
  rotateSecret(id: string, now: number): Promise<string>;
  /** Seals everything with the key that seals now, so that an old service secret can be taken away; returns the unreadable. */
  resealSecrets(): Promise<string[]>;
};

export function createWebhookStore(options: WebhookStoreOptions): WebhookStore {
  const { database, keys, maxWebhooks, secretOverlapMs, onChange } = options;
  const { db, kind } = database;

  const rows = (trx: Kysely<Tables>) => trx.selectFrom('endpoints').selectAll();

  /** The same rows, locked until the transaction ends; SQLite has one writer. */
  const lockedRows = (trx: Kysely<Tables>) => rows(trx).$if(kind === 'postgres', (query) => query.forUpdate());

  async function find(from: ReturnType<typeof rows>, id: string): Promise<EndpointRow> {
    // What never was an id may be no text that PostgreSQL can compare.
    const found = webhookId.safeParse(id).success && (await from.where('id', '=', id).executeTakeFirst());
    if (!found) throw new ParleyError('NOT_FOUND', 'There is no such webhook.');
    return found;
  }

  async function update(
    trx: Kysely<Tables>,
    id: string,
    change: Partial<EndpointRow>,
    now: number,
  ): Promise<EndpointRow> {
    return trx
      .updateTable('endpoints')
      .set((eb) => ({ ...change, updated_at: now, version: eb('version', '+', 1) }))
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  return {
    create(wanted, now) {
      const secret = createWebhookSecret();
      return db.transaction().execute(async (trx) => {
        // One creation at a time, or two could both be the last within the limit.
        if (kind === 'postgres') await sql`LOCK TABLE endpoints IN SHARE ROW EXCLUSIVE MODE`.execute(trx);
        const { count } = await trx
          .selectFrom('endpoints')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow();
        if (count >= maxWebhooks) throw new ParleyError('LIMIT_REACHED', `There are ${maxWebhooks} endpoints already.`);
        const row = await trx
          .insertInto('endpoints')
          .values(newEndpoint(wanted, now, (id) => sealSecret(keys, id, secret)))
          .returningAll()
          .executeTakeFirstOrThrow();
        return { row, secret };
      });
    },

    async list(page, perPage) {
      const listed = rows(db).orderBy('created_at').orderBy('id');
      const found = await listed
        .limit(perPage)
        .offset((page - 1) * perPage)
        .execute();
      const { total } = await db
        .selectFrom('endpoints')
        .select(({ fn }) => fn.countAll<number>().as('total'))
        .executeTakeFirstOrThrow();
      return { rows: found, total };
    },

    get: (id) => find(rows(db), id),

    async patch(id, change, now, guard) {
      const row = await db.transaction().execute(async (trx) => {
        guard(await find(lockedRows(trx), id));
        return update(trx, id, changedColumns(change), now);
      });
      onChange(id);
      return row;
    },

    async delete(id, guard) {
      await db.transaction().execute(async (trx) => {
        guard(await find(lockedRows(trx), id));
        await trx.deleteFrom('endpoints').where('id', '=', id).execute();
      });
      onChange(id);
    },

    async rotateSecret(id, now) {
      const secret = createWebhookSecret();
      await db.transaction().execute(async (trx) => {
        const { secret: previous } = await find(lockedRows(trx), id);
        const sealed = sealSecret(keys, id, secret);
        const change = { secret: sealed, previous_secret: previous, previous_until: now + secretOverlapMs };
        await update(trx, id, change, now);
      });
      onChange(id);
      return secret;
    },

    resealSecrets() {
      return db.transaction().execute(async (trx) => {
        const unreadable: string[] = [];
        for (const row of await lockedRows(trx).execute()) {
          const { id } = row;
          if (openSecret(keys, id, row.secret) === undefined) unreadable.push(id);
          const secret = resealed(keys, id, row.secret);
          const previous = row.previous_secret && resealed(keys, id, row.previous_secret);
          if (secret === row.secret && previous === row.previous_secret) continue;
          await trx.updateTable('endpoints').set({ secret, previous_secret: previous }).where('id', '=', id).execute();
        }
        return unreadable;
      });
    },
  };
}

function resealed(keys: KeyRing, owner: string, sealed: string): string {
  if (isSealedByCurrentKey(keys, sealed)) return sealed;
  const secret = openSecret(keys, owner, sealed);
  return secret === undefined ? sealed : sealSecret(keys, owner, secret);
}
