/**
 * The closed set of error codes. A code is part of the contract: clients decide by it, so it is never renamed.
 * The first twelve are spoken on every transport; the last four only over HTTP.
 * `error-code.test.ts` fails when one of them is missing from docs/protocol.md.
 */
export const errorCodes = [
  'BAD_MESSAGE',
  'UNKNOWN_TYPE',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'NOT_JOINED',
  'TOO_LARGE',
  'RATE_LIMITED',
  'LIMIT_REACHED',
  'CONFLICT',
  'UNAVAILABLE',
  'INTERNAL',
  'METHOD_NOT_ALLOWED',
  'UNSUPPORTED_MEDIA_TYPE',
  'PRECONDITION_FAILED',
  'GONE',
] as const;

export type ErrorCode = (typeof errorCodes)[number];
