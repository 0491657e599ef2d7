import { isIPv6 } from 'node:net';

/**
 * The network that an address belongs to, as a key to count by: of IPv4 the address itself or its /24, of IPv6 the /64,
 * which one machine or site has for itself (RFC 7421 §1). IPv4 that comes wrapped in IPv6 is IPv4 (RFC 4291 §2.5.5.2).
 */
export function networkOf(address: string, { ipv4Bits }: { ipv4Bits: 24 | 32 }): string {
  const unwrapped = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(unwrapped)) return ipv4Bits === 32 ? unwrapped : unwrapped.replace(/\.\d+$/, '.0/24');
  // A tail of IPv4 form counts for two groups; it is never among the first four.
  const groups = unwrapped.replace(/%.*$/, '').replace(/\d+(\.\d+){3}$/, '0:0');
  const [front = [], back = []] = groups.split('::').map((side) => side.split(':').filter(Boolean));
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0');
  const first = [...front, ...zeros, ...back].slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${first.join(':')}::/64`;
}
