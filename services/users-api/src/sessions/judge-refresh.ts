import type { SessionRow } from '../tables.ts';

/** What a family knows of its tokens. */
export type FamilyState = Pick<SessionRow, 'token_hash' | 'previous_hash' | 'rotated_at' | 'expires_at'>;

/**
 * - `rotate`: the current token; it gets a successor
 * - `repeat`: the one before it, within the grace: the client missed the answer and gets it once more
 * - `end`: any other token of the family was stolen or replayed, and nobody can say who is the thief
 */
export type RefreshVerdict = 'rotate' | 'repeat' | 'end' | 'expired';

export function judgeRefresh(family: FamilyState, presentedHash: string, now: number, graceMs: number): RefreshVerdict {
  if (now >= family.expires_at) return 'expired';
  if (presentedHash === family.token_hash) return 'rotate';
  if (presentedHash === family.previous_hash && now - family.rotated_at < graceMs) return 'repeat';
  return 'end';
}
