/**
 * When an instance made a request, by its own count: `epoch` tells one run of a process from the next (a later run has
 * a greater one), `sequence` grows with each request of a run.
 */
export type Stamp = { epoch: bigint; sequence: bigint };

type Seen = Stamp & { at: number };

/** Remembers the latest stamp of each instance, so that nothing old has an effect a second time. */
export class ReplayGuard {
  readonly #seen = new Map<string, Seen>();
  readonly #rememberMs: number;

  constructor({ rememberMs }: { rememberMs: number }) {
    this.#rememberMs = rememberMs;
  }

  /** False for a stamp that is not later than the latest one of that instance. */
  accept(name: string, instance: string, { epoch, sequence }: Stamp, now: number): boolean {
    const key = `${name}/${instance}`;
    const latest = this.#seen.get(key);
    if (latest && (epoch < latest.epoch || (epoch === latest.epoch && sequence <= latest.sequence))) return false;
    this.#seen.set(key, { epoch, sequence, at: now });
    return true;
  }

  /** Forgets the instances that have not been heard of for `rememberMs`. */
  forget(now: number): void {
    for (const [key, { at }] of this.#seen) {
      if (now - at >= this.#rememberMs) this.#seen.delete(key);
    }
  }
}
