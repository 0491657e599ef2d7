import { DatabaseSync } from 'node:sqlite';
import { StartError } from './listen.ts';

/**
 * Makes this process the only one that uses a SQLite file: holds an exclusive lock on `<file>.lock`, which the system
 * releases when the process ends, however it ends. @throws StartError when another process holds it
 */
export function lockSqlite(file: string): { release(): void } {
  const lock = new DatabaseSync(`${file}.lock`, { timeout: 0 });
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new StartError(
      `${file} is in use by another process of this service; stop it or give this one another PARLEY_DATA_DIR`,
      { cause },
    );
  }
  return { release: () => lock.close() };
}
