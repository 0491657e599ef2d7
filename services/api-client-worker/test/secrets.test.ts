import { createClosers } from '@parley/common/runtime/closers';
import { openDatabase } from '@parley/common/runtime/database';
import { createKeyRing } from '@parley/common/runtime/key-ring';
import { silentLogger } from '@parley/common/runtime/logger';
import { describeEachDatabase, describePostgres, type TestDatabases } from '@parley/common/runtime/test-databases';
import { sql } from 'kysely';
import { expect, onTestFinished, test, vi } from 'vitest';
import { migrations } from '../src/database/migrations.ts';
import type { Tables } from '../src/database/tables.ts';
import { openSecret, sealSecret } from '../src/webhooks/sealed-secret.ts';
import { createWebhookStore } from '../src/webhooks/webhook-store.ts';

async function open(databases: TestDatabases) {
  const { dataDir, databaseUrl } = await databases.create();
  const closers = createClosers();
  onTestFinished(() => closers.close());
  const opening = { service: 'worker', databaseUrl, dataDir, migrations, closers, log: silentLogger() } as const;
  const database = await openDatabase<Tables>(opening);
  const store = (...secrets: [string, ...string[]]) =>
    createWebhookStore({
      database,
      keys: createKeyRing(secrets),
      maxWebhooks: 10,
      secretOverlapMs: 1_000,
      onChange: () => {},
    });
  return { db: database.db, store };
}

const wanted = { url: 'http://127.0.0.1:19/', events: ['*' as const], enabled: true };

describeEachDatabase('stored secrets', (databases) => {
  test('are not readable in the database, and follow the service secret when it is changed', async () => {
    const { store } = await open(databases);
    const { row, secret } = await store('old').create(wanted, 1);
    const rotated = await store('old').rotateSecret(row.id, 2);
    const stored = JSON.stringify(await store('old').get(row.id));
    for (const known of [secret, rotated]) expect(stored).not.toContain(known.slice('whsec_'.length));

    expect(await store('new').resealSecrets()).toEqual([row.id]);
    expect(await store('new', 'old').resealSecrets()).toEqual([]);
    expect(await store('new').resealSecrets()).toEqual([]);
    const { secret: current, previous_secret: previous } = await store('new').get(row.id);
    expect(openSecret(createKeyRing(['new']), row.id, current)).toBe(rotated);
    expect(openSecret(createKeyRing(['new']), row.id, previous ?? '')).toBe(secret);
  });
});

describePostgres('stored secrets of several workers', (databases) => {
  test('a secret that another worker is just rotating is not lost to one that seals anew', async () => {
    const { db, store } = await open(databases);
    const { row } = await store('old').create(wanted, 1);
    const rotated = sealSecret(createKeyRing(['old']), row.id, 'whsec_rotated');
    let resealed: Promise<unknown> | undefined;
    await db.transaction().execute(async (trx) => {
      await trx.updateTable('endpoints').set({ secret: rotated }).where('id', '=', row.id).execute();
      resealed = store('new', 'old').resealSecrets();
      await vi.waitFor(async () => {
        const waiting = await sql`SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
          WHERE NOT granted AND datname = current_database()`.execute(db);
        expect(waiting.rows).toHaveLength(1);
      });
    });
    await resealed;
    const { secret } = await store('new').get(row.id);
    expect(openSecret(createKeyRing(['new']), row.id, secret)).toBe('whsec_rotated');
  });
});
