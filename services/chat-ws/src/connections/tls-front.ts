import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Closers } from '@parley/common/runtime/closers';
import { hostPort } from '@parley/common/runtime/listen';
import type { Logger } from '@parley/common/runtime/logger';
import { awaitFirstBytes, tlsHandshakeByte } from '@parley/net/first-bytes';
import { networkOf } from '@parley/net/network-of';
import { peerOf } from '@parley/net/peer';
import { openTlsGate } from '@parley/net/tls-gate';
import { CountBy } from '../sessions/count-by.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { ChatWsSettings } from '../settings.ts';
import { type ProxyCheck, withoutMapping } from './trusted-proxies.ts';

export type TlsFrontOptions = {
  /** `tlsHandshakeMs`: until the first byte, and then until the end of a handshake. */
  settings: Pick<ChatWsSettings, 'tlsCert' | 'tlsKey' | 'tlsCheckMs' | 'tlsHandshakeMs'>;
  sessions: Sessions;
  isTrusted: ProxyCheck;
  onRefused(): void;
  log: Logger;
  closers: Closers;
};

/** A connection that has not shown what it speaks, or is in its TLS handshake. */
type Undecided = { socket: Socket; forget(): void };

/**
 * Lets an HTTP server speak TLS as well, on the same port: the first byte of a connection tells. What is undecided counts among the
 * connections of its address (of a proxy, whose address is not the client's, among all of them only), and has to be decided in time.
 * @throws StartError when the certificate cannot be used
 */
export function openTlsFront(server: Server, options: TlsFrontOptions): void {
  const { settings, sessions, isTrusted, onRefused, log, closers } = options;
  const { tlsCert: certPath = '', tlsKey: keyPath = '', tlsCheckMs: checkMs, tlsHandshakeMs: handshakeMs } = settings;
  /** What the server itself does with a connection. */
  const serve = server.listeners('connection');
  const undecided = new Map<string, Undecided>();
  const byNetwork = new CountBy();

  function enter(key: string, socket: Socket, network: string): void {
    const entry: Undecided = {
      socket,
      forget() {
        // The same ends may be another connection's by now.
        if (undecided.get(key) === entry) undecided.delete(key);
        byNetwork.remove(network);
        socket.off('close', entry.forget);
      },
    };
    undecided.set(key, entry);
    byNetwork.add(network);
    socket.on('close', entry.forget);
  }

  function decided(key: string): void {
    undecided.get(key)?.forget();
  }

  function hand(socket: Socket): void {
    for (const listener of serve) listener.call(server, socket);
  }

  const gate = openTlsGate(
    { prefix: 'CHAT_WS', certPath, keyPath, checkMs, handshakeMs, allowHalfOpen: true, log, closers },
    (socket, { address, port }) => {
      decided(hostPort(address, port));
      hand(socket);
    },
  );

  function accept(socket: Socket): void {
    const peer = peerOf(socket);
    const onError = (err: Error) => log.debug({ peer, reason: err.message }, 'a connection failed');
    socket.on('error', onError);
    if (peer === undefined || closers.closing.aborted) return void socket.destroy();
    const address = withoutMapping(peer.address);
    const network = networkOf(address, { ipv4Bits: 32 });
    if (!isTrusted(address) && sessions.isFull(address, byNetwork.of(network))) {
      onRefused();
      return void socket.destroy();
    }
    const key = hostPort(peer.address, peer.port);
    enter(key, socket, network);
    awaitFirstBytes(socket, handshakeMs, (bytes) => {
      if (bytes === undefined) return void socket.destroy();
      socket.unshift(bytes);
      if (bytes[0] === tlsHandshakeByte) return void gate.secure(socket);
      decided(key);
      socket.off('error', onError);
      hand(socket);
    });
  }

  server.removeAllListeners('connection').on('connection', accept);
  closers.closing.addEventListener('abort', () => {
    for (const { socket } of undecided.values()) socket.destroy();
  });
}
