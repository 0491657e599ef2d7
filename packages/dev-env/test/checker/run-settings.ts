const DEFAULT_ROUNDS = 2;

/** Far more than a round takes, also on a busy machine. */
const ROUND_MS = 40_000;
const REST_MS = 240_000;

/**
 * A run is repeated by `PARLEY_CHECK_SEED`: the same steps, though not in the same moments. `PARLEY_CHECK_ROUNDS`: how often a service is
 * killed or drained in the middle of it.
 */
export function runSettings(ownSeed: number): { seed: number; rounds: number; timeoutMs: number } {
  const { PARLEY_CHECK_SEED: seed, PARLEY_CHECK_ROUNDS: given } = process.env;
  const rounds = Number(given ?? DEFAULT_ROUNDS);
  return { seed: seed === undefined ? ownSeed : Number(seed), rounds, timeoutMs: REST_MS + rounds * ROUND_MS };
}
