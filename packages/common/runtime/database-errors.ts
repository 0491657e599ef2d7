import pg from 'pg';
import { ParleyError } from './errors.ts';
import { SqliteError, sqliteBusy, sqliteInterrupted } from './sqlite-error.ts';

/** SQLITE_CONSTRAINT_UNIQUE and SQLITE_CONSTRAINT_PRIMARYKEY (sqlite.org/rescode.html). */
const SQLITE_UNIQUE = [2067, 1555];

/** unique_violation (PostgreSQL, appendix A). */
const POSTGRES_UNIQUE = '23505';

/** Whether a statement failed because such a row is there already. */
export function isUniqueViolation(err: unknown): boolean {
  if (err instanceof SqliteError) return err.errcode !== undefined && SQLITE_UNIQUE.includes(err.errcode);
  return err instanceof pg.DatabaseError && err.code === POSTGRES_UNIQUE;
}

/** Primary result codes SQLITE_BUSY, INTERRUPT, IOERR, FULL and CANTOPEN: the low byte of an extended code. */
const SQLITE_AWAY = [sqliteBusy, sqliteInterrupted, 10, 13, 14];

/**
 * Classes of SQLSTATE: connection exception, transaction rollback (a deadlock's loser), insufficient resources (also: disk full),
 * operator intervention.
 */
const POSTGRES_AWAY = /^(08|40|53|57)/;

/** What the driver says without a SQLSTATE when the server cannot be reached or does not answer in time. */
const CONNECTION_LOST =
  /Connection terminated|is not queryable|timeout exceeded when trying to connect|Query read timeout/;

const SOCKET_FAILED = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
];

/** A failure that is the database's, not the statement's: UNAVAILABLE, and the same request may succeed later. */
export function databaseAway(err: unknown): ParleyError | undefined {
  if (!isAway(err)) return undefined;
  return new ParleyError('UNAVAILABLE', 'The database cannot be used at the moment.', {
    cause: err,
    retryAfterMs: 2_000,
  });
}

function isAway(err: unknown): boolean {
  if (err instanceof SqliteError) return err.errcode !== undefined && SQLITE_AWAY.includes(err.errcode & 0xff);
  if (err instanceof pg.DatabaseError) return POSTGRES_AWAY.test(err.code ?? '');
  if (!(err instanceof Error)) return false;
  const { code = '' } = err as NodeJS.ErrnoException;
  return CONNECTION_LOST.test(err.message) || SOCKET_FAILED.includes(code);
}
