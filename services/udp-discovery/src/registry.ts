import { isDeepStrictEqual } from 'node:util';
import type { Announce, FoundInstance } from '@parley/common/contracts/discovery';
import { ParleyError } from '@parley/common/runtime/errors';
import { ReplayGuard, type Stamp } from './replay-guard.ts';

/** What an instance says of itself. */
export type Announcement = Omit<Announce, 'type' | 'leaseMs'>;

/** An instance with the name of its service. */
export type LocatedInstance = FoundInstance & { name: string };

/** When a request was made by the sender's count and by our clock, and the lease that it is granted. */
export type Grant = { stamp: Stamp; now: number; leaseMs: number };

export type RegistryOptions = {
  /** In all services together. */
  maxInstances: number;
  /** How long the latest stamp of an instance is remembered: no lease is longer. */
  rememberMs: number;
};

type Lease = { announcement: Announcement; renewedAt: number; leaseMs: number };

/** Of the lease, which holds three renewals: then two of them are missing. */
const SUSPECT_AFTER = 2 / 3;

/**
 * Who is there. Pure: the time (ms, from a clock that never goes back) comes with every call.
 *
 * States of an instance:
 * - up: announced or renewed within the last two thirds of its lease
 * - suspect: two renewals are missing; named only where no instance is up
 * - gone: the lease has ended, or it was withdrawn
 *
 * up → suspect → gone by time alone; announce: any → up; renew: up, suspect → up; withdraw: any → gone.
 * Whatever changes an instance carries its stamp, which must be later than all stamps before it: datagrams that were
 * doubled, delayed or recorded and sent again change nothing.
 */
export class Registry {
  readonly #services = new Map<string, Map<string, Lease>>();
  readonly #guard: ReplayGuard;
  readonly #maxInstances: number;
  #size = 0;
  #revision = 1;

  constructor({ maxInstances, rememberMs }: RegistryOptions) {
    this.#maxInstances = maxInstances;
    this.#guard = new ReplayGuard({ rememberMs });
  }

  /** Grows whenever what is listed changes; renewals and suspicion do not count. */
  get revision(): number {
    return this.#revision;
  }

  /** Instances, of which some may have expired since the last `expire`. */
  get size(): number {
    return this.#size;
  }

  /** @throws ParleyError CONFLICT (an old stamp), LIMIT_REACHED */
  announce(announcement: Announcement, { stamp, now, leaseMs }: Grant): void {
    const { name, instance } = announcement;
    const known = this.#services.get(name)?.get(instance);
    if (!known && this.#size >= this.#maxInstances) {
      throw new ParleyError('LIMIT_REACHED', `The registry holds its ${this.#maxInstances} instances already.`);
    }
    this.#accept(announcement, stamp, now);
    const instances = this.#services.get(name) ?? new Map<string, Lease>();
    this.#services.set(name, instances);
    instances.set(instance, { announcement, renewedAt: now, leaseMs });
    if (!known) this.#size += 1;
    if (!isDeepStrictEqual(known?.announcement, announcement)) this.#revision += 1;
  }

  /** @throws ParleyError CONFLICT (an old stamp), NOT_FOUND (announce again) */
  renew(name: string, instance: string, { stamp, now, leaseMs, load }: Grant & { load?: number | undefined }): void {
    const lease = this.#lease(name, instance, now);
    if (!lease) throw new ParleyError('NOT_FOUND', 'This instance is not registered (any more): announce it again.');
    this.#accept({ name, instance }, stamp, now);
    lease.renewedAt = now;
    lease.leaseMs = leaseMs;
    if (load !== undefined) lease.announcement = { ...lease.announcement, load };
  }

  /** What is not there is withdrawn already. @throws ParleyError CONFLICT (an old stamp) */
  withdraw(name: string, instance: string, stamp: Stamp, now: number): void {
    this.#accept({ name, instance }, stamp, now);
    this.#remove(name, instance);
  }

  /** Forgets what has expired; it was not shown any more before. Returns what is gone by that. */
  expire(now: number): Announcement[] {
    const gone = [...this.#leases()].filter((lease) => leftMs(lease, now) <= 0).map(({ announcement }) => announcement);
    for (const { name, instance } of gone) this.#remove(name, instance);
    this.#guard.forget(now);
    return gone;
  }

  /**
   * Whom to go to: the instances that are up, else those that are suspect, the least busy first; with the tag, if one is
   * asked for.
   */
  locate(name: string, now: number, tag?: string): LocatedInstance[] {
    const listed = this.list(name, now).filter(({ tags }) => tag === undefined || tags?.includes(tag));
    const up = listed.filter(({ state }) => state === 'up');
    return (up.length > 0 ? up : listed).sort((a, b) => (a.load ?? 0) - (b.load ?? 0));
  }

  /** Every instance of a service, in the order of their names. */
  list(name: string, now: number): LocatedInstance[] {
    const leases = [...(this.#services.get(name)?.values() ?? [])].filter((lease) => leftMs(lease, now) > 0);
    return leases.map((lease) => located(lease, now)).sort((a, b) => (a.instance < b.instance ? -1 : 1));
  }

  find(name: string, instance: string, now: number): LocatedInstance | undefined {
    const lease = this.#lease(name, instance, now);
    return lease && located(lease, now);
  }

  /** The services that have an instance, in order. */
  names(now: number): string[] {
    const isThere = (lease: Lease) => leftMs(lease, now) > 0;
    return [...this.#services]
      .filter(([_name, instances]) => instances.values().some(isThere))
      .map(([name]) => name)
      .sort();
  }

  #accept({ name, instance }: { name: string; instance: string }, stamp: Stamp, now: number): void {
    if (this.#guard.accept(name, instance, stamp, now)) return;
    throw new ParleyError('CONFLICT', 'This was seen before, or something later of the same instance was.');
  }

  #lease(name: string, instance: string, now: number): Lease | undefined {
    const lease = this.#services.get(name)?.get(instance);
    return lease && leftMs(lease, now) > 0 ? lease : undefined;
  }

  *#leases(): Generator<Lease> {
    for (const instances of this.#services.values()) yield* instances.values();
  }

  #remove(name: string, instance: string): void {
    const instances = this.#services.get(name);
    if (!instances?.delete(instance)) return;
    if (instances.size === 0) this.#services.delete(name);
    this.#size -= 1;
    this.#revision += 1;
  }
}

function leftMs({ renewedAt, leaseMs }: Lease, now: number): number {
  return renewedAt + leaseMs - now;
}

function located(lease: Lease, now: number): LocatedInstance {
  const state = now - lease.renewedAt < lease.leaseMs * SUSPECT_AFTER ? 'up' : 'suspect';
  return { ...lease.announcement, state, expiresInMs: Math.max(0, Math.ceil(leftMs(lease, now))) };
}
