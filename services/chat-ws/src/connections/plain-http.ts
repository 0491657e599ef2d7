import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { isLoopback } from '@parley/common/runtime/common-settings';
import { ParleyError } from '@parley/common/runtime/errors';
import type { RequestHandler } from 'express';
import { type ProxyCheck, withoutMapping } from './trusted-proxies.ts';

/** Asks whether a request may come as it does. @throws ParleyError FORBIDDEN when it has to come over TLS */
export type TlsCheck = (req: IncomingMessage) => void;

/** Whether a request may come without TLS though there is a certificate. */
export function mayBePlain(path: string, address: string, isTrusted: ProxyCheck): boolean {
  // Parley's own neighbours: what is there takes service tokens only.
  if (path.startsWith('/internal/')) return true;
  const peer = withoutMapping(address);
  return isLoopback(peer) || isTrusted(peer);
}

/** The check of a service that has a certificate. Health and figures are answered before it is asked. */
export function createTlsCheck(isTrusted: ProxyCheck): TlsCheck {
  return ({ socket, url = '' }) => {
    if (socket instanceof TLSSocket || mayBePlain(url, socket.remoteAddress ?? '', isTrusted)) return;
    throw new ParleyError('FORBIDDEN', 'This port speaks TLS: use wss:// or https://.');
  };
}

/** The same for what is no WebSocket. */
export function tlsGuard(check: TlsCheck): RequestHandler {
  return (req, _res, next) => {
    check(req);
    next();
  };
}
