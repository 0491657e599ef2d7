import pg from 'pg';
import { expect, test } from 'vitest';
import { describeEachDatabase, describePostgres } from './test-databases.ts';

describeEachDatabase('a test database', (databases) => {
  test('is another one each time', async () => {
    const [one, other] = [await databases.create(), await databases.create()];
    expect(one.dataDir).not.toBe(other.dataDir);
    expect(one.databaseUrl !== undefined).toBe(databases.kind === 'postgres');
    if (one.databaseUrl) expect(one.databaseUrl).not.toBe(other.databaseUrl);
  });
});

describePostgres('a PostgreSQL test database', (databases) => {
  test('can be used', async () => {
    const { databaseUrl } = await databases.create();
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const { rows } = await client.query('select 1 + 1 as two');
    await client.end();
    expect(rows).toEqual([{ two: 2 }]);
  });
});
