import { DatabaseSync } from 'node:sqlite';

/**
 * SQLite in the form that every file of Parley uses: WAL, and a commit that returned is on the disk. A statement waits for a lock only
 * briefly: `serveCalls` tries it again, and can be told to let it be.
 */
export function openSqlite(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 5_000, enableForeignKeyConstraints: true });
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA busy_timeout = 100',
  );
  return database;
}
