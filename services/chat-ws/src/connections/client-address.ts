import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

export type ClientAddress = (req: Pick<IncomingMessage, 'headers'> & { socket: { remoteAddress?: string } }) => string;

/**
 * Whose connection it is: the peer's address or, when the peer is a trusted proxy, the last address in `X-Forwarded-For` that is not.
 * `trusted`: addresses and ranges such as `10.0.0.0/8`.
 */
export function createClientAddress(trusted: readonly string[]): ClientAddress {
  const proxies = new BlockList();
  for (const range of trusted) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    proxies.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  const isTrusted = (address: string) => proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

  return ({ headers, socket }) => {
    let address = withoutMapping(socket.remoteAddress ?? '');
    const forwarded = headers['x-forwarded-for'];
    const hops = (typeof forwarded === 'string' ? forwarded : '').split(',').map((hop) => withoutMapping(hop.trim()));
    for (let hop = hops.pop(); hop !== undefined && isIP(hop) !== 0 && isTrusted(address); hop = hops.pop())
      address = hop;
    return address;
  };
}

/** An IPv4 address that came through an IPv6 socket (RFC 4291 §2.5.5.2), written as what it is. */
function withoutMapping(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}
