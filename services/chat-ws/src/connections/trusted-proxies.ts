import { BlockList, isIP } from 'node:net';

/** Whether an address is one of a proxy that is believed. */
export type ProxyCheck = (address: string) => boolean;

/** `trusted`: addresses and ranges such as `10.0.0.0/8`. */
export function createProxyCheck(trusted: readonly string[]): ProxyCheck {
  const proxies = new BlockList();
  for (const range of trusted) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    proxies.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  return (address) => proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** An IPv4 address that came through an IPv6 socket (RFC 4291 §2.5.5.2), written as what it is. */
export function withoutMapping(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}
