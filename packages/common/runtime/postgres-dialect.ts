import { type Dialect, PostgresDialect, type PostgresPoolClient } from 'kysely';
import pg from 'pg';

/**
 * Kysely's dialect over a pool, which is closed by who made it. A connection whose statement got no answer is not lent
 * again: pg would keep it, and all who are lent it next would wait for an answer as well.
 */
export function postgresDialect(pool: pg.Pool): Dialect {
  return new PostgresDialect({ pool: { options: pool.options, connect: () => connect(pool), end: async () => {} } });
}

async function connect(pool: pg.Pool): Promise<PostgresPoolClient> {
  const client = await pool.connect();
  let broken: Error | undefined;

  async function query(text: string, parameters: unknown[]): Promise<pg.QueryResult> {
    if (broken) throw broken;
    try {
      return await client.query(text, parameters);
    } catch (err) {
      if (!(err instanceof pg.DatabaseError)) broken = err as Error;
      throw err;
    }
  }

  return Object.create(client, { query: { value: query }, release: { value: () => client.release(broken) } });
}
