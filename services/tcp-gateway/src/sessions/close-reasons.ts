import { closeCodes } from '@parley/common/contracts/chat/close-code';
import type { ErrorCode } from '@parley/common/contracts/error-code';

const reasons: Record<number, { code: ErrorCode; message: string }> = {
  [closeCodes.normal]: { code: 'CONFLICT', message: 'The session goes on over another connection.' },
  [closeCodes.policy]: { code: 'LIMIT_REACHED', message: 'There are too many connections.' },
  [closeCodes.tooBig]: { code: 'TOO_LARGE', message: 'A message was too large.' },
  [closeCodes.tooManyBadMessages]: { code: 'BAD_MESSAGE', message: 'There were too many bad messages.' },
  [closeCodes.unauthenticated]: { code: 'UNAUTHENTICATED', message: 'The login has expired or is not valid any more.' },
  [closeCodes.rateLimitIgnored]: { code: 'RATE_LIMITED', message: 'The rate limit was ignored.' },
};

/** What a client is told when chat-ws has ended its session with this close code. */
export function farewellOf(closeCode: number): { code: ErrorCode; message: string } {
  return reasons[closeCode] ?? { code: 'UNAVAILABLE', message: 'The session was ended.' };
}

/** Whether chat-ws counts as many connections as there may be. */
export function isOneTooMany(closeCode: number): boolean {
  return closeCode === closeCodes.policy;
}

/** Whether only this place at chat-ws is closed, and the session can go on at another. */
export function isForAnotherLink(closeCode: number): boolean {
  return closeCode === closeCodes.restart || closeCode === closeCodes.goingAway;
}
