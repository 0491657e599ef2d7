import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Closers } from '@parley/common/runtime/closers';
import { StartError } from '@parley/common/runtime/listen';
import type { Logger } from '@parley/common/runtime/logger';
import { type Peer, peerOf } from './accept.ts';

export type TlsOptions = {
  certPath: string;
  keyPath: string;
  /** How often it is looked whether the files have changed. */
  checkMs: number;
  handshakeMs: number;
  log: Logger;
  closers: Closers;
};

/** Takes TLS off a connection. */
export type TlsGate = { secure(socket: Socket): void };

/**
 * TLS on connections that were accepted elsewhere; `onSecure` is called when a handshake is done, never when it fails.
 * Certificate and key are read anew when their files change; files that cannot be used leave the ones before in force.
 * @throws StartError when they cannot be used at first
 */
export function openTlsGate(options: TlsOptions, onSecure: (socket: TLSSocket, peer: Peer) => void): TlsGate {
  const { certPath, keyPath, checkMs, log, closers } = options;
  const server = createTlsServer(options);
  server.on('secureConnection', (socket) => {
    const peer = peerOf(socket);
    socket.on('error', (err) => log.info({ peer, reason: err.message }, 'a TLS connection failed'));
    if (peer === undefined) socket.destroy();
    else onSecure(socket, peer);
  });
  server.on('tlsClientError', (err, socket) => {
    log.info({ peer: peerOf(socket), reason: err.message }, 'a TLS handshake failed');
    socket.destroy();
  });

  function reload(): void {
    try {
      server.setSecureContext({ cert: readFileSync(certPath), key: readFileSync(keyPath) });
      log.info('certificate and key have been read anew');
    } catch (err) {
      log.error({ err }, 'the changed certificate and key cannot be used; the ones before stay in force');
    }
  }
  for (const path of [certPath, keyPath]) watchFile(path, { interval: checkMs, persistent: false }, reload);
  closers.push('certificate files', () => {
    for (const path of [certPath, keyPath]) unwatchFile(path, reload);
  });

  return { secure: (socket) => void server.emit('connection', socket) };
}

/** A server that listens nowhere: it is handed its connections. */
function createTlsServer({ certPath, keyPath, handshakeMs }: TlsOptions): Server {
  try {
    const files = { cert: readFileSync(certPath), key: readFileSync(keyPath) };
    return createServer({ ...files, handshakeTimeout: handshakeMs, allowHalfOpen: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`GATEWAY_TLS_CERT (${certPath}) and GATEWAY_TLS_KEY (${keyPath}) cannot be used: ${reason}`, {
      cause,
    });
  }
}
