import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

/**
 * The thread in which a service's SQLite statements run: node:sqlite is synchronous, and a slow disk must not stall
 * the main loop. One request at a time, answered in order.
 */
export type SqliteRequest = { n: number; sql: string; parameters: SQLInputValue[] };

export type SqliteReply =
  | { n: number; rows: Record<string, unknown>[]; changes: number | bigint; insertId: number | bigint | undefined }
  | { n: number; error: { message: string; errcode: number | undefined } };

const MAX_PREPARED = 200;

/** SQLite in the form that every file of Parley uses: WAL, and a commit that returned is on the disk. */
export function openSqlite(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 5_000, enableForeignKeyConstraints: true });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY');
  return database;
}

if (parentPort && isThread(workerData)) serve(workerData.sqliteThreadFile);

function isThread(data: unknown): data is { sqliteThreadFile: string } {
  return typeof data === 'object' && data !== null && 'sqliteThreadFile' in data;
}

function serve(file: string): void {
  const port = parentPort;
  const database = openSqlite(file);
  const prepared = new Map<string, StatementSync>();

  function statement(sql: string): StatementSync {
    let found = prepared.get(sql);
    if (!found) {
      if (prepared.size >= MAX_PREPARED) prepared.clear();
      found = database.prepare(sql);
      prepared.set(sql, found);
    }
    return found;
  }

  function run({ n, sql, parameters }: SqliteRequest): SqliteReply {
    try {
      const found = statement(sql);
      if (found.columns().length > 0) {
        return { n, rows: found.all(...parameters), changes: 0, insertId: undefined };
      }
      const { changes, lastInsertRowid } = found.run(...parameters);
      return { n, rows: [], changes, insertId: lastInsertRowid };
    } catch (err) {
      const { message, errcode } = err as Error & { errcode?: number };
      return { n, error: { message, errcode } };
    }
  }

  port?.on('message', (request: SqliteRequest | 'close') => {
    if (request === 'close') {
      database.close();
      port.close();
    } else {
      port.postMessage(run(request));
    }
  });
}
