import { DatabaseSync } from 'node:sqlite';
import { StartError } from './listen.ts';

const SQLITE_BUSY = 5;

/**
 * Makes this process the only one that uses a SQLite file: holds an exclusive lock on `<file>.lock`, which the system
 * releases when the process ends, however it ends. @throws StartError when another process holds it, or none can
 */
export function lockSqlite(file: string): { release(): void } {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(`${file}.lock`, { timeout: 0 });
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock?.close();
    throw lockError(file, cause as Error & { errcode?: number });
  }
  const held = lock;
  return { release: () => held.close() };
}

function lockError(file: string, cause: Error & { errcode?: number }): StartError {
  const why =
    cause.errcode === SQLITE_BUSY
      ? 'is in use by another process of this service; stop it or give this one another PARLEY_DATA_DIR'
      : `cannot be used: ${cause.message}; check PARLEY_DATA_DIR`;
  return new StartError(`${file} ${why}`, { cause });
}
