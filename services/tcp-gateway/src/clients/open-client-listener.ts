import type { Socket } from 'node:net';
import type { Closers } from '@parley/common/runtime/closers';
import { hostPort, type Listening, listenTcp } from '@parley/common/runtime/listen';
import { awaitFirstBytes } from '@parley/net/first-bytes';
import type { Peer } from '@parley/net/peer';
import { openTlsGate, type TlsGate } from '@parley/net/tls-gate';
import { greeting } from '../lines/line-dialogue.ts';
import type { GatewaySettings } from '../settings.ts';
import { createAcceptor } from './accept.ts';
import type { Admission } from './admission.ts';
import { ClientConnection } from './client-connection.ts';
import type { ClientContext } from './client-context.ts';
import { drainClients } from './drain.ts';
import { protocolOf } from './first-byte.ts';

export type ClientListenerOptions = {
  context: ClientContext;
  settings: GatewaySettings;
  admission: Admission;
  closers: Closers;
};

const refusal = Buffer.from('ERROR LIMIT_REACHED There are too many connections; try again later.\n');

/**
 * The gateway's port for clients. What a client speaks is decided by its first byte; TLS is taken off, and what is
 * inside is decided in the same way. Closing it drains all clients.
 */
export async function openClientListener({
  context,
  settings,
  admission,
  closers,
}: ClientListenerOptions): Promise<Listening> {
  const { metrics, log, clients } = context;
  /** Connections that have not shown what they speak, by the client's address and port; TLS takes its carrier's place. */
  const undecided = new Map<string, Socket>();

  function decide(socket: Socket, peer: Peer, tls: TlsGate | undefined): void {
    const key = hostPort(peer.address, peer.port);
    undecided.set(key, socket);
    socket.once('close', () => undecided.delete(key));
    awaitFirstBytes(socket, settings.greetAfterMs, (bytes) => {
      const format = bytes === undefined ? 'lines' : protocolOf(bytes[0]!);
      if (format !== 'tls') {
        undecided.delete(key);
        const start = { format, peer, bytes, greeting: bytes === undefined ? greeting : undefined };
        clients.add(new ClientConnection(socket, start, context));
      } else if (tls === undefined) {
        socket.destroy();
      } else {
        socket.unshift(bytes);
        tls.secure(socket);
      }
    });
  }

  const { tlsCert, tlsKey, tlsCheckMs, tlsHandshakeMs, keepAliveMs, host, port } = settings;
  const tls =
    tlsCert && tlsKey
      ? openTlsGate(
          {
            prefix: 'GATEWAY',
            certPath: tlsCert,
            keyPath: tlsKey,
            checkMs: tlsCheckMs,
            handshakeMs: tlsHandshakeMs,
            allowHalfOpen: true,
            log,
            closers,
          },
          (socket, peer) => decide(socket, peer, undefined),
        )
      : undefined;
  const server = createAcceptor({ admission, keepAliveMs, metrics, log, refusal }, (socket, peer) =>
    decide(socket, peer, tls),
  );
  const listening = await listenTcp(server, { host, port, setting: 'GATEWAY_PORT' });
  closers.push('clients', () => drainClients({ server, undecided, clients, settings }));
  return listening;
}
