import { setTimeout as sleep } from 'node:timers/promises';
import type { Announce } from '@parley/common/contracts/discovery';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Logger } from '@parley/common/runtime/logger';
import { type Backoff, backoffMs } from './backoff.ts';
import { addressesOf, type Lookup } from './lookup.ts';
import type { RegistryConnection } from './registry-connection.ts';
import type { Retransmission } from './reliable-request.ts';

/** What is announced. `address`: an IP address or a host name; `main`: the one of `ports` that SRV gives. */
export type Announced = Omit<Announce, 'type' | 'leaseMs'>;

export type AnnouncerOptions = {
  connection: Pick<RegistryConnection, 'request' | 'stamps'>;
  announced: Announced;
  log: Logger;
  lookup?: Lookup | undefined;
  /** Within one round. */
  retransmission?: Retransmission | undefined;
  /** From one round to the next, while the registry does not answer. */
  retry?: Backoff | undefined;
  /** How busy this instance is, in thousandths; asked for at each renewal. */
  load?: (() => number) | undefined;
};

/** Fast at first, as services and registry often start together. */
const RETRY: Backoff = { baseMs: 500, maxMs: 5000, spread: { from: 0.8, to: 1 } };

/** So many renewals fit into a lease: two may be lost. */
const RENEWALS_PER_LEASE = 3;

/** A farewell is short: when it is lost, the lease ends by itself. */
const FAREWELL: Retransmission = { ackTimeoutMs: 100, ackRandomFactor: 1.5, maxRetransmissions: 2 };

/** With the lookup of the registry's name. A registry that was not there a moment ago is hardly waited for. */
const FAREWELL_MS = { registered: 1500, absent: 100 };

const LOOKUP_TIMEOUT_MS = 2000;

/**
 * Keeps one instance registered until it is withdrawn.
 *
 * States: announcing ⇄ registered → withdrawn
 * - announcing: each round announces; ok → registered
 * - registered: each round, a third of the lease, renews; no answer, NOT_FOUND or any other error → announcing
 *
 * A round that got no answer by its end is given up and the next begins: a registry that comes back hears of us within
 * one round.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #stop = new AbortController();
  #running: Promise<void>;
  #registered = false;
  #failures = 0;
  #renewMs = 0;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  get isRegistered(): boolean {
    return this.#registered;
  }

  /** Ends the renewals and tells the registry. Never fails: when the registry is away, the lease ends by itself. */
  async withdraw(): Promise<void> {
    if (this.#stop.signal.aborted) return this.#running;
    this.#stop.abort();
    this.#running = this.#running.then(() => this.#sayFarewell());
    return this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const endsAt = performance.now() + this.#roundMs();
      const again = await this.#round(endsAt);
      if (!again) await sleep(Math.max(0, endsAt - performance.now()), undefined, { signal }).catch(() => {});
    }
  }

  #roundMs(): number {
    const { retry = RETRY } = this.#options;
    if (!this.#registered) return backoffMs(retry, this.#failures, Math.random());
    return backoffMs({ baseMs: this.#renewMs, spread: { from: 0.8, to: 1 } }, 0, Math.random());
  }

  /** One announcement or renewal. True: the next has to follow at once. */
  async #round(endsAt: number): Promise<boolean> {
    const { connection, log, retransmission } = this.#options;
    const renewing = this.#registered;
    const late = AbortSignal.timeout(Math.max(1, Math.round(endsAt - performance.now())));
    const signal = AbortSignal.any([this.#stop.signal, late]);
    try {
      const message = renewing ? this.#renewal() : await this.#announcement(signal);
      const answer = await connection.request(message, { ...(retransmission && { retransmission }), signal });
      if (answer.type === 'ok') this.#onRegistered(answer.leaseMs);
      return false;
    } catch (err) {
      if (this.#stop.signal.aborted) return false;
      this.#registered = false;
      const isForgotten = err instanceof ParleyError && err.code === 'NOT_FOUND';
      if (renewing && isForgotten) return true;
      if (err instanceof ParleyError && err.code === 'CONFLICT') connection.stamps.restart(Date.now());
      log[this.#failures === 0 ? 'warn' : 'debug']({ err }, 'not registered; trying on');
      this.#failures += 1;
      return false;
    }
  }

  #onRegistered(leaseMs: number | undefined): void {
    const { log, announced } = this.#options;
    this.#renewMs = (leaseMs ?? 15_000) / RENEWALS_PER_LEASE;
    this.#failures = 0;
    if (!this.#registered) log.info({ service: announced.name, instance: announced.instance }, 'registered');
    this.#registered = true;
  }

  async #announcement(signal: AbortSignal): Promise<Announce> {
    const { announced, lookup } = this.#options;
    const options = { timeoutMs: LOOKUP_TIMEOUT_MS, lookup, signal };
    const [address = announced.address] = await addressesOf(announced.address, options);
    return { type: 'announce', ...announced, ...this.#load(), address };
  }

  #renewal() {
    const { name, instance } = this.#options.announced;
    return { type: 'renew', name, instance, ...this.#load() } as const;
  }

  #load(): { load?: number } {
    const { load } = this.#options;
    return load ? { load: load() } : {};
  }

  async #sayFarewell(): Promise<void> {
    const { connection, announced, log } = this.#options;
    const { name, instance } = announced;
    const signal = AbortSignal.timeout(this.#registered ? FAREWELL_MS.registered : FAREWELL_MS.absent);
    this.#registered = false;
    try {
      await connection.request({ type: 'withdraw', name, instance }, { retransmission: FAREWELL, signal });
    } catch (err) {
      log.debug({ err }, 'could not be withdrawn; the lease ends by itself');
    }
  }
}
