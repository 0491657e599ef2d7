/** SQLITE_BUSY: somebody else has the lock. */
export const sqliteBusy = 5;

/** SQLITE_INTERRUPT: what a call into a thread gets whose thread has ended. */
export const sqliteInterrupted = 9;

/** What SQLite refused, with its result code (sqlite.org/rescode.html), e.g. 2067: a UNIQUE constraint. */
export class SqliteError extends Error {
  override readonly name = 'SqliteError';
  readonly errcode: number | undefined;

  constructor(message: string, errcode: number | undefined) {
    super(message);
    this.errcode = errcode;
  }
}
