import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

export type TargetPolicy = {
  /** Why nothing may be sent to this address and port, or undefined when it may. */
  refusal(address: string, port: number): string | undefined;
};

export type TargetPolicyOptions = {
  /** Ranges that are not public and may be reached all the same, e.g. `10.0.0.0/8` or `::1`. */
  allowNets: string[];
  /** Asked for each new connection: Parley's own ports, which are out of reach at home. */
  ownPorts: () => ReadonlySet<number>;
  /** This machine's addresses. */
  ownAddresses?: () => string[];
};

/** The one block that IPv6 addresses of the public internet come from (RFC 4291 §2.4, IANA). */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');

/**
 * Which addresses outbound requests may reach: public ones, and those of `allowNets`. Parley's own ports are refused
 * on this machine and on everything that is not public. Asked with the address that is really connected to.
 */
export function createTargetPolicy(options: TargetPolicyOptions): TargetPolicy {
  const { ownPorts, ownAddresses = interfaceAddresses } = options;
  const allowed = options.allowNets.map(parseRange);
  return {
    refusal(text, port) {
      if (!ipaddr.isValid(text)) return 'not an IP address';
      // IPv4 inside IPv6 (::ffff:127.0.0.1) is judged as the IPv4 address that it reaches.
      const address = ipaddr.process(text);
      const isPublic = isPublicAddress(address);
      if (!isPublic && !allowed.some((range) => isIn(address, range)))
        return `not a public address (${kindOf(address)})`;
      const isHome = !isPublic || ownAddresses().some((own) => isSame(address, own));
      return isHome && ownPorts().has(port) ? 'a port of Parley itself' : undefined;
    },
  };
}

function isPublicAddress(address: Address): boolean {
  return address.range() === 'unicast' && (address.kind() === 'ipv4' || isIn(address, GLOBAL_IPV6));
}

function kindOf(address: Address): string {
  return address.range() === 'unicast' ? 'reserved' : address.range();
}

function parseRange(text: string): [Address, number] {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function isIn(address: Address, [base, bits]: [Address, number]): boolean {
  return address.kind() === base.kind() && address.match(base, bits);
}

function isSame(address: Address, text: string): boolean {
  return ipaddr.isValid(text) && ipaddr.process(text).toNormalizedString() === address.toNormalizedString();
}

function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list = []) => list.map(({ address }) => address));
}
