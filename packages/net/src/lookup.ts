import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { NetError, reasonOf } from './net-error.ts';
import { withTimeout } from './with-timeout.ts';

/** Every address of a host name, in the order to try them. */
export type Lookup = (hostname: string) => Promise<string[]>;

/** What the operating system says (hosts file, then DNS), in its order. */
export const lookupBySystem: Lookup = async (hostname) => {
  const found = await systemLookup(hostname, { all: true, verbatim: true });
  return found.map(({ address }) => address);
};

/** `[::1]` → `::1`: how URLs and people write an IPv6 address. */
export function withoutBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

/**
 * The addresses of a host; an IP address is its own, in brackets too.
 * @throws NetError LOOKUP_TIMEOUT, LOOKUP_FAILED
 */
export async function addressesOf(host: string, timeoutMs: number, lookup: Lookup = lookupBySystem): Promise<string[]> {
  const hostname = withoutBrackets(host);
  if (isIP(hostname)) return [hostname];
  const tooLate = () => new NetError('LOOKUP_TIMEOUT', `${hostname}: no addresses within ${timeoutMs} ms`);
  let addresses: string[];
  try {
    addresses = await withTimeout(lookup(hostname), timeoutMs, tooLate);
  } catch (err) {
    if (err instanceof NetError) throw err;
    throw new NetError('LOOKUP_FAILED', `${hostname}: has no addresses (${reasonOf(err)})`, { cause: err });
  }
  if (addresses.length === 0) throw new NetError('LOOKUP_FAILED', `${hostname}: has no addresses`);
  return addresses;
}
