import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { NetError, reasonOf } from './net-error.ts';
import { withTimeout } from './with-timeout.ts';

/** Every address of a host name, in the order to try them. */
export type Lookup = (hostname: string) => Promise<string[]>;

export type LookupOptions = {
  timeoutMs: number;
  lookup?: Lookup | undefined;
  signal?: AbortSignal | undefined;
};

/** What the operating system says (hosts file, then DNS), in its order. */
const lookupBySystem = shareLookups(async (hostname) => {
  const found = await systemLookup(hostname, { all: true, verbatim: true });
  return found.map(({ address }) => address);
});

/**
 * Looks a name up once for all who ask in the meantime. The system's lookup cannot be cancelled and holds one of the few
 * threads of the pool: with a name server that is silent, repeated ones would take them all, from files and hashes too.
 */
export function shareLookups(lookup: Lookup): Lookup {
  const underWay = new Map<string, Promise<string[]>>();
  return (hostname) => {
    const shared = underWay.get(hostname) ?? lookup(hostname).finally(() => underWay.delete(hostname));
    underWay.set(hostname, shared);
    return shared;
  };
}

/**
 * The addresses of a host; an IP address is its own, in brackets too, as URLs write IPv6.
 * @throws NetError LOOKUP_TIMEOUT, LOOKUP_FAILED, CLOSED (aborted)
 */
export async function addressesOf(
  host: string,
  { timeoutMs, lookup = lookupBySystem, signal }: LookupOptions,
): Promise<string[]> {
  const hostname = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  if (isIP(hostname)) return [hostname];
  const tooLate = () => new NetError('LOOKUP_TIMEOUT', `${hostname}: no addresses within ${timeoutMs} ms`);
  const givenUp = () => new NetError('CLOSED', `${hostname}: the lookup was given up`);
  let addresses: string[];
  try {
    addresses = await withTimeout(lookup(hostname), { ms: timeoutMs, tooLate, signal, givenUp });
  } catch (err) {
    if (err instanceof NetError) throw err;
    throw new NetError('LOOKUP_FAILED', `${hostname}: has no addresses (${reasonOf(err)})`, { cause: err });
  }
  if (addresses.length === 0) throw new NetError('LOOKUP_FAILED', `${hostname}: has no addresses`);
  return addresses;
}
