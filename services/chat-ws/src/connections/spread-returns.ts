/** When those come back who are sent away. */
export type Returns = {
  /** For the client that is told next, in ms from when it is told. */
  nextMs(): number;
  /** For a link with so many sessions: how many of them may come in a second. */
  shareOf(sessions: number): number;
  /** When the last one has come. */
  spreadMs: number;
};

/**
 * In no second do more come back than `perSecond`. Each link has its part of that, by its `sessions`; clients have the rest, one after the
 * other at the same distance, in the order in which they are told: who is told late comes late, so that nobody meets the one before
 * however long the telling takes. Each link, and clients together, have at least 1: only if that is more than `perSecond` it is exceeded.
 */
export function spreadReturns(clients: number, links: readonly number[], perSecond: number): Returns {
  const inUse = links.filter((sessions) => sessions > 0);
  const all = inUse.reduce((sum, sessions) => sum + sessions, clients);
  const toShare = Math.max(0, perSecond - inUse.length - 1);
  const shareOf = (sessions: number) => 1 + Math.floor((toShare * sessions) / Math.max(1, all));
  const ofLinks = inUse.reduce((sum, sessions) => sum + shareOf(sessions), 0);
  const clientsPerSecond = Math.max(1, perSecond - ofLinks);
  const seconds = Math.max(clients / clientsPerSecond, ...inUse.map((sessions) => sessions / shareOf(sessions)));
  let told = 0;
  return {
    nextMs: () => Math.floor((told++ * 1_000) / clientsPerSecond),
    shareOf,
    spreadMs: Math.ceil(seconds * 1_000),
  };
}
