import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Socket } from 'node:net';
import { createSecureContext, createServer, type TLSSocket } from 'node:tls';
import type { Closers } from '@parley/common/runtime/closers';
import { StartError } from '@parley/common/runtime/listen';
import type { Logger } from '@parley/common/runtime/logger';
import { type Peer, peerOf } from './peer.ts';

export type TlsOptions = {
  /** What the settings begin with, such as `GATEWAY`, for the message when the files cannot be used. */
  prefix: string;
  certPath: string;
  keyPath: string;
  /** How often it is looked whether the files have changed. */
  checkMs: number;
  handshakeMs: number;
  allowHalfOpen: boolean;
  log: Logger;
  closers: Closers;
};

/** Takes TLS off a connection. */
export type TlsGate = { secure(socket: Socket): void };

type CertificateFiles = { cert: Buffer; key: Buffer };

/**
 * TLS (1.2 or newer) on connections that were accepted elsewhere; `onSecure` is called when a handshake is done, never when it fails.
 * Certificate and key are read anew when their files change; files that cannot be used leave the ones before in force, and connections
 * that there are go on with what they began with.
 * @throws StartError when they cannot be used at first
 */
export function openTlsGate(options: TlsOptions, onSecure: (socket: TLSSocket, peer: Peer) => void): TlsGate {
  const { certPath, keyPath, checkMs, handshakeMs, allowHalfOpen, log, closers } = options;
  let inForce = readAtFirst(options);
  const minVersion = 'TLSv1.2';
  // It listens nowhere: it is handed its connections.
  const server = createServer({ ...inForce, minVersion, handshakeTimeout: handshakeMs, allowHalfOpen });
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
      const files = readFiles(options);
      if (files.cert.equals(inForce.cert) && files.key.equals(inForce.key)) return;
      server.setSecureContext({ ...files, minVersion });
      inForce = files;
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

/** @throws Error when a file cannot be read, or the two do not belong together */
function readFiles({ certPath, keyPath }: TlsOptions): CertificateFiles {
  const files = { cert: readFileSync(certPath), key: readFileSync(keyPath) };
  createSecureContext(files);
  return files;
}

function readAtFirst(options: TlsOptions): CertificateFiles {
  try {
    return readFiles(options);
  } catch (cause) {
    const { prefix, certPath, keyPath } = options;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(
      `${prefix}_TLS_CERT (${certPath}) and ${prefix}_TLS_KEY (${keyPath}) cannot be used: ${reason}`,
      { cause },
    );
  }
}
