import { createClosers } from '@parley/common/runtime/closers';
import { openDatabase } from '@parley/common/runtime/database';
import { createKeyRing } from '@parley/common/runtime/key-ring';
import { silentLogger } from '@parley/common/runtime/logger';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { expect, test } from 'vitest';
import { migrations } from '../src/database/migrations.ts';
import type { Tables } from '../src/database/tables.ts';
import { openSecret } from '../src/webhooks/sealed-secret.ts';
import { createWebhookStore } from '../src/webhooks/webhook-store.ts';

describeEachDatabase('stored secrets', (databases) => {
  test('are not readable in the database, and follow the service secret when it is changed', async () => {
    const { dataDir, databaseUrl } = await databases.create();
    const closers = createClosers();
    const opening = { service: 'worker', databaseUrl, dataDir, migrations, closers, log: silentLogger() } as const;
    const database = await openDatabase<Tables>(opening);
    try {
      const store = (...secrets: [string, ...string[]]) =>
        createWebhookStore({
          database,
          keys: createKeyRing(secrets),
          maxWebhooks: 10,
          secretOverlapMs: 1_000,
          onChange: () => {},
        });
      const wanted = { url: 'http://127.0.0.1:19/', events: ['*' as const], enabled: true };
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
    } finally {
      await closers.close();
    }
  });
});
