import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { openSqlite } from './open-sqlite.ts';
import { serveCalls } from './sqlite-call.ts';

export type SqliteThreadData = { file: string };

export type SqliteRequest = { sql: string; parameters: SQLInputValue[] } | 'rollback';

export type SqliteResult = {
  rows: Record<string, unknown>[];
  changes: number | bigint;
  insertId: number | bigint | undefined;
};

const NOTHING: SqliteResult = { rows: [], changes: 0, insertId: undefined };

const MAX_PREPARED = 200;

/** The thread in which a service's SQLite statements run: a slow disk must not stall the main loop. */
serveCalls(({ file }: SqliteThreadData) => {
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

  return {
    answer(request: SqliteRequest): SqliteResult {
      if (request === 'rollback') {
        // SQLite ends a transaction by itself on some errors, a full disk among them.
        if (database.isTransaction) database.exec('ROLLBACK');
        return NOTHING;
      }
      const { sql, parameters } = request;
      const found = statement(sql);
      if (found.columns().length > 0) return { ...NOTHING, rows: found.all(...parameters) };
      const { changes, lastInsertRowid } = found.run(...parameters);
      return { rows: [], changes, insertId: lastInsertRowid };
    },
    close: () => database.close(),
  };
});
