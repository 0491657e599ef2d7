import pg from 'pg';
import { expect, it } from 'vitest';
import { databaseAway, isUniqueViolation } from './database-errors.ts';
import { SqliteError } from './sqlite-error.ts';

function postgresError(code: string): Error {
  return Object.assign(new pg.DatabaseError('refused', 0, 'error'), { code });
}

it.each([
  ['SQLITE_FULL', new SqliteError('database or disk is full', 13)],
  ['SQLITE_IOERR_WRITE', new SqliteError('disk I/O error', 778)],
  ['admin_shutdown', postgresError('57P01')],
  ['disk_full', postgresError('53100')],
  ['deadlock_detected', postgresError('40P01')],
  ['a refused connection', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })],
  ['a lost connection', new Error('Connection terminated unexpectedly')],
  ['one that was lost before', new Error('Client has encountered a connection error and is not queryable')],
  ['a thread that has ended', new SqliteError('the SQLite thread has ended', 9)],
])('%s is UNAVAILABLE: the same request may succeed later', (_name, err) => {
  expect(databaseAway(err)).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
});

it.each([
  ['a constraint', new SqliteError('UNIQUE constraint failed', 2067)],
  ['a syntax error', postgresError('42601')],
  ['a bug', new TypeError('undefined is not a function')],
])('%s is not', (_name, err) => {
  expect(databaseAway(err)).toBeUndefined();
});

it('knows a row that is there already', () => {
  expect(isUniqueViolation(new SqliteError('UNIQUE constraint failed', 2067))).toBe(true);
  expect(isUniqueViolation(new SqliteError('UNIQUE constraint failed', 1555))).toBe(true);
  expect(isUniqueViolation(postgresError('23505'))).toBe(true);
  expect(isUniqueViolation(postgresError('23503'))).toBe(false);
});
