import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { type ProxyCheck, withoutMapping } from './trusted-proxies.ts';

export type ClientAddress = (req: Pick<IncomingMessage, 'headers'> & { socket: { remoteAddress?: string } }) => string;

/** Whose connection it is: the peer's address or, when the peer is a trusted proxy, the last address in `X-Forwarded-For` that is not. */
export function createClientAddress(isTrusted: ProxyCheck): ClientAddress {
  return ({ headers, socket }) => {
    let address = withoutMapping(socket.remoteAddress ?? '');
    const forwarded = headers['x-forwarded-for'];
    const hops = (typeof forwarded === 'string' ? forwarded : '').split(',').map((hop) => withoutMapping(hop.trim()));
    for (let hop = hops.pop(); hop !== undefined && isIP(hop) !== 0 && isTrusted(address); hop = hops.pop())
      address = hop;
    return address;
  };
}
