import type { ErrorCode } from '../contracts/error-code.ts';

/** What each code means at the edges: HTTP status, problem title, and whether repeating the same request may succeed. */
export const ERRORS: Record<ErrorCode, { httpStatus: number; title: string; retryable: boolean }> = {
  BAD_MESSAGE: { httpStatus: 400, title: 'The request is malformed', retryable: false },
  UNKNOWN_TYPE: { httpStatus: 400, title: 'The message type is unknown', retryable: false },
  UNAUTHENTICATED: { httpStatus: 401, title: 'Authentication is needed', retryable: false },
  FORBIDDEN: { httpStatus: 403, title: 'Not allowed', retryable: false },
  NOT_FOUND: { httpStatus: 404, title: 'Not found', retryable: false },
  NOT_JOINED: { httpStatus: 409, title: 'The room is not joined', retryable: false },
  METHOD_NOT_ALLOWED: { httpStatus: 405, title: 'The method is not allowed here', retryable: false },
  CONFLICT: { httpStatus: 409, title: 'Conflict', retryable: false },
  GONE: { httpStatus: 410, title: 'No longer kept', retryable: false },
  PRECONDITION_FAILED: { httpStatus: 412, title: 'The resource has changed', retryable: false },
  TOO_LARGE: { httpStatus: 413, title: 'Too large', retryable: false },
  UNSUPPORTED_MEDIA_TYPE: { httpStatus: 415, title: 'The content type is not supported', retryable: false },
  RATE_LIMITED: { httpStatus: 429, title: 'Too many requests', retryable: true },
  LIMIT_REACHED: { httpStatus: 403, title: 'A limit is reached', retryable: false },
  UNAVAILABLE: { httpStatus: 503, title: 'Unavailable for the moment', retryable: true },
  INTERNAL: { httpStatus: 500, title: 'Internal error', retryable: false },
};

export type ErrorDetail = { path: string; message: string };

export type ErrorOptions = {
  cause?: unknown;
  /** One entry for each input field that is wrong. */
  details?: ErrorDetail[];
  /** When to try again, for RATE_LIMITED and UNAVAILABLE. */
  retryAfterMs?: number;
};

/**
 * The one error class. `publicMessage` is written for the person at the other end and may be sent as it is;
 * `cause` is for the log and never leaves the process.
 */
export class ParleyError extends Error {
  override readonly name = 'ParleyError';
  readonly code: ErrorCode;
  readonly details: ErrorDetail[] | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, publicMessage: string, options: ErrorOptions = {}) {
    super(publicMessage, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
  }

  get publicMessage(): string {
    return this.message;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}

/** Any thrown value as a ParleyError; a foreign one becomes INTERNAL with a message that tells nothing. */
export function toParleyError(thrown: unknown): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  return new ParleyError('INTERNAL', 'Something went wrong here; it has been logged.', { cause: thrown });
}
