import { closeCodes } from '@parley/common/contracts/chat/close-code';
import type { ErrorCode } from '@parley/common/contracts/error-code';
import { ParleyError } from '@parley/common/runtime/errors';

/** What a client does when a connection has ended: come back, come back with something else to show, or give up. */
export type Course = 'again' | 'show another' | ParleyError;

export function afterClose(code: number, reason: string): Course {
  switch (code) {
    case closeCodes.unauthenticated:
      return 'show another';
    case closeCodes.normal:
      // Two that each came back with the other's ticket would push each other out for ever.
      return new ParleyError('CONFLICT', `The server ended the session: ${reason || 'no reason given'}.`);
    case closeCodes.tooManyBadMessages:
      return new ParleyError('BAD_MESSAGE', 'The server does not understand this client.');
    default:
      return 'again';
  }
}

/** The same for a login that was answered `auth_failed`. */
export function afterAuthFailed(code: ErrorCode): Course {
  return code === 'UNAUTHENTICATED' || code === 'FORBIDDEN' ? 'show another' : 'again';
}
