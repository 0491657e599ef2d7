const bucketMs = 0.05;
const longestMs = 60_000;

/** Very many latencies, counted in steps of 0.05 ms; what is over a minute counts as a minute. */
export class Latencies {
  readonly #counts = new Uint32Array(longestMs / bucketMs + 1);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(ms: number, times = 1): void {
    this.#counts[Math.round(Math.min(longestMs, Math.max(0, ms)) / bucketMs)]! += times;
    this.#total += times;
  }

  /** The latency in ms that the share `q` is not above. */
  quantile(q: number): number {
    if (this.#total === 0) throw new Error('nothing was measured');
    let left = Math.ceil(q * this.#total);
    let bucket = 0;
    for (; bucket < this.#counts.length - 1; bucket++) {
      left -= this.#counts[bucket]!;
      if (left <= 0) break;
    }
    return bucket * bucketMs;
  }
}
