import type { Socket } from 'node:net';

/** The first byte of a TLS connection: a record of type handshake (RFC 8446 §5.1). */
export const tlsHandshakeByte = 0x16;

/**
 * Waits for the first bytes of a connection and hands them over, once; undefined: it was silent for `patienceMs` (0: for
 * as long as it likes). One that is closed first is not handed over. The connection is not read from any more then.
 */
export function awaitFirstBytes(socket: Socket, patienceMs: number, begin: (bytes: Buffer | undefined) => void): void {
  const timer = patienceMs > 0 ? setTimeout(() => done(undefined), patienceMs) : undefined;

  function onReadable(): void {
    const bytes: Buffer | null = socket.read();
    if (bytes !== null) done(bytes);
  }

  function onEnd(): void {
    stop();
    socket.end();
  }

  function stop(): void {
    clearTimeout(timer);
    socket.off('readable', onReadable).off('end', onEnd).off('close', stop);
  }

  function done(bytes: Buffer | undefined): void {
    stop();
    begin(bytes);
  }

  socket.on('readable', onReadable).on('end', onEnd).on('close', stop);
}
