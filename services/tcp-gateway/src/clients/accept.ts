import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '@parley/common/runtime/logger';
import { type Peer, peerOf } from '@parley/net/peer';
import type { GatewayMetrics } from '../gateway-metrics.ts';
import type { Admission } from './admission.ts';

export type AcceptOptions = {
  admission: Admission;
  keepAliveMs: number;
  metrics: GatewayMetrics;
  log: Logger;
  /** Said to who is not let in. */
  refusal?: Buffer;
};

/**
 * A listener that lets clients in as far as the limits allow: no delay, keep-alive, and a connection whose other half has
 * ended can still be written to. An error ends the connection that it happens on, and is logged with its peer.
 */
export function createAcceptor(
  { admission, keepAliveMs, metrics, log, refusal }: AcceptOptions,
  onClient: (socket: Socket, peer: Peer) => void,
): Server {
  const socketOptions = {
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: keepAliveMs > 0,
    keepAliveInitialDelay: keepAliveMs,
  };
  return createServer(socketOptions, (socket) => {
    const peer = peerOf(socket);
    socket.on('error', (err) => {
      metrics.failedConnections.inc();
      log.info({ peer, reason: err.message }, 'a connection failed');
    });
    if (peer === undefined) return void socket.destroy();
    const limit = admission.enter(peer.address);
    if (limit !== undefined) {
      metrics.refused.inc({ reason: limit });
      log.debug({ peer, limit }, 'a client is not let in');
      return void socket.end(refusal ?? '', () => socket.destroy());
    }
    metrics.accepted.inc();
    socket.on('close', () => admission.leave(peer.address));
    onClient(socket, peer);
  });
}
