/**
 * When an instance made a request, by its own count: `epoch` tells one run of a process from the next (a later run has
 * a greater one), `sequence` grows with each request of a run.
 */
export type Stamp = { epoch: bigint; sequence: bigint };

type Seen = Stamp & { name: string; instance: string; at: number };

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
    this.#seen.set(key, { name, instance, epoch, sequence, at: now });
    return true;
  }

  /** Forgets instances that are gone (`isListed` says no) and have not been heard of for `rememberMs`. */
  forget(now: number, isListed: (name: string, instance: string) => boolean): void {
    for (const [key, { name, instance, at }] of this.#seen) {
      if (now - at >= this.#rememberMs && !isListed(name, instance)) this.#seen.delete(key);
    }
  }
}
