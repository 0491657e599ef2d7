import { ParleyError } from '@parley/common/runtime/errors';
import { SqliteError } from '@parley/common/runtime/sqlite-error';
import pg from 'pg';

/** Why a batch was not stored: BAD_MESSAGE when the data of an entry brought it about (so others may be stored without it), else UNAVAILABLE. */
export function sqliteAppendError(error: unknown): ParleyError {
  const isData = error instanceof SqliteError && SQLITE_DATA.includes(error.errcode ?? 0);
  return isData ? unstorable(error) : notStored(error);
}

/** The same for PostgreSQL; what is no answer of the server is a lost connection. */
export function postgresAppendError(error: unknown): ParleyError {
  const isData = error instanceof pg.DatabaseError && POSTGRES_DATA.test(error.code ?? '');
  return isData ? unstorable(error) : notStored(error);
}

export function notStored(cause: unknown): ParleyError {
  return new ParleyError('UNAVAILABLE', 'The message could not be stored now.', { cause, retryAfterMs: 1_000 });
}

function unstorable(cause: unknown): ParleyError {
  return new ParleyError('BAD_MESSAGE', 'This message cannot be stored.', { cause });
}

/** SQLITE_TOOBIG, SQLITE_MISMATCH, and of the constraints those on values: CHECK, NOTNULL, TRIGGER (sqlite.org/rescode.html). */
const SQLITE_DATA = [18, 20, 275, 1299, 1811];

/** Data exceptions, constraints on values, and a value beyond a limit of the server (PostgreSQL, appendix A). */
const POSTGRES_DATA = /^(22|23502|23514|54)/;
