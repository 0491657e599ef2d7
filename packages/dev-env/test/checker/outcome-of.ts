import type { ErrorCode } from '@parley/common/contracts/error-code';
import type { Outcome } from './story.ts';

/** Errors that leave it open whether the post was stored. */
const OPEN: readonly ErrorCode[] = ['UNAVAILABLE', 'INTERNAL'];

/** What may be answered to a post or a change that is well formed. */
const EXPECTED: readonly ErrorCode[] = ['UNAVAILABLE', 'NOT_FOUND', 'CONFLICT', 'RATE_LIMITED'];

/** What an error says about a post. */
export function outcomeOfError(code: ErrorCode): Outcome {
  return OPEN.includes(code) ? { is: 'maybe' } : { is: 'refused', code };
}

/** In a room that was made anew, somebody else's message may have the number of one's own. */
export function isExpected(code: ErrorCode, isChange: boolean): boolean {
  return EXPECTED.includes(code) || (isChange && code === 'FORBIDDEN');
}
