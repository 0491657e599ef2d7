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
    const network = networkOf(address);
    const there = this.#byNetwork.get(network) ?? 0;
    if (this.#total >= this.#limits.total) return 'total';
    if (there >= this.#limits.perAddress) return 'perAddress';
    this.#total += 1;
    this.#byNetwork.set(network, there + 1);
    return undefined;
  }

  leave(address: string): void {
    const network = networkOf(address);
    const left = (this.#byNetwork.get(network) ?? 0) - 1;
    this.#total -= 1;
    if (left > 0) this.#byNetwork.set(network, left);
    else this.#byNetwork.delete(network);
  }
}

const ipv4InIpv6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * What stands for one machine: an IPv4 address (also when IPv6 wraps it, RFC 4291 §2.5.5.2), or an IPv6 /64, which one
 * machine usually has for itself (RFC 7421 §1).
 */
export function networkOf(address: string): string {
  const wrapped = ipv4InIpv6.exec(address)?.[1];
  if (wrapped !== undefined || !address.includes(':')) return wrapped ?? address;
  const [plain = ''] = address.toLowerCase().split('%');
  const [head = '', tail] = plain.split('::');
  const first = head.split(':').filter(Boolean);
  const last = tail?.split(':').filter(Boolean) ?? [];
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array<string>(Math.max(0, zeros)).fill('0'), ...last].slice(0, 4).join(':');
}
