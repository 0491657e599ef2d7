/** Each time-out has a code of its own, so that a caller (and a log) can tell what exactly did not happen in time. */
export type NetErrorCode =
  | 'LOOKUP_FAILED'
  | 'LOOKUP_TIMEOUT'
  /** One address, or each of them, did not answer within the time for one attempt. */
  | 'CONNECT_TIMEOUT'
  /** The time for all addresses together ran out. */
  | 'CONNECT_DEADLINE'
  | 'CONNECT_FAILED'
  | 'BIND_FAILED'
  | 'RECEIVE_TIMEOUT'
  | 'DATAGRAM_TOO_LARGE'
  /** Every attempt of a reliable request stayed without an answer. */
  | 'NO_ANSWER'
  | 'CLOSED';

/** One try that failed: at which address, and how. */
export type FailedAttempt = { target: string; reason: string };

export type NetErrorOptions = { cause?: unknown; attempts?: FailedAttempt[] };

/** What can go wrong below the protocols. It stays inside the process: an edge translates it before it is sent. */
export class NetError extends Error {
  override readonly name = 'NetError';
  readonly code: NetErrorCode;
  readonly attempts: readonly FailedAttempt[];

  constructor(code: NetErrorCode, message: string, { cause, attempts = [] }: NetErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.attempts = attempts;
  }
}

/** `code` of a system error (`ECONNREFUSED` …), else its message: short, and free of a stack. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.message;
}
