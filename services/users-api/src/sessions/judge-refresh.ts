/** What a family knows of its tokens; times in milliseconds since 1970. */
export type FamilyState = {
  tokenHash: string;
  previousHash: string | null;
  rotatedAt: number;
  expiresAt: number;
};

/**
 * - `rotate`: the current token; it gets a successor
 * - `repeat`: the one before it, within the grace: the client missed the answer and gets it once more
 * - `end`: any other token of the family was stolen or replayed, and nobody can say who is the thief
 */
export type RefreshVerdict = 'rotate' | 'repeat' | 'end' | 'expired';

export function judgeRefresh(family: FamilyState, presentedHash: string, now: number, graceMs: number): RefreshVerdict {
  if (now >= family.expiresAt) return 'expired';
  if (presentedHash === family.tokenHash) return 'rotate';
  if (presentedHash === family.previousHash && now - family.rotatedAt < graceMs) return 'repeat';
  return 'end';
}
