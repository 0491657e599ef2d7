import { networkOf } from '@parley/net/network-of';

export type AdmissionLimits = { total: number; perAddress: number };

/** Counts who is connected; asked before any work is done for a client. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #byNetwork = new Map<string, number>();
  #total = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#total;
  }

  /** Counts one more client of this address, or says which limit it would go over. `leave` has to follow. */
  enter(address: string): keyof AdmissionLimits | undefined {
    const network = networkOf(address, { ipv4Bits: 32 });
    const there = this.#byNetwork.get(network) ?? 0;
    if (this.#total >= this.#limits.total) return 'total';
    if (there >= this.#limits.perAddress) return 'perAddress';
    this.#total += 1;
    this.#byNetwork.set(network, there + 1);
    return undefined;
  }

  leave(address: string): void {
    const network = networkOf(address, { ipv4Bits: 32 });
    const left = (this.#byNetwork.get(network) ?? 0) - 1;
    this.#total -= 1;
    if (left > 0) this.#byNetwork.set(network, left);
    else this.#byNetwork.delete(network);
  }
}
