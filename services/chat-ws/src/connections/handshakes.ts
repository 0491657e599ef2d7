import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export type HandshakeLimits = {
  /** How many connections there may be that wait for a request; asked for with each one. */
  most(): number;
  onDropped(): void;
};

/**
 * Bounds the connections that wait for a request: those that have not sent their first one to its end, and those that are kept open for another. One
 * too many ends the one that has waited longest: a client needs milliseconds, so those who only hold connections open lose them to those
 * who come to do something. (How long each may take is the server's `headersTimeout` and `keepAliveTimeout`.)
 */
export function boundHandshakes(server: Server, { most, onDropped }: HandshakeLimits): void {
  // In the order in which they began to wait. With TLS, a request's socket is not the one that was accepted; its ends are the same.
  const waiting = new Map<string, { socket: Socket; onClose: () => void }>();

  function wait(socket: Socket): void {
    const ends = endsOf(socket);
    const onClose = () => void waiting.delete(ends);
    waiting.set(ends, { socket, onClose });
    socket.once('close', onClose);
    if (waiting.size <= Math.max(1, most())) return;
    const [[longest, { socket: dropped }] = [ends, { socket }]] = waiting;
    waiting.delete(longest);
    dropped.destroy();
    onDropped();
  }

  /** There may be many thousands of connections: nothing of this stays with one that is through. */
  function stopWaiting({ socket }: IncomingMessage): void {
    const ends = endsOf(socket);
    const handshake = waiting.get(ends);
    handshake?.socket.off('close', handshake.onClose);
    waiting.delete(ends);
  }

  server.on('connection', wait);
  server.prependListener('upgrade', stopWaiting);
  server.prependListener('request', (req: IncomingMessage, res: ServerResponse) => {
    if (hasBody(req)) req.once('end', () => stopWaiting(req));
    else stopWaiting(req);
    res.once('close', () => {
      stopWaiting(req);
      if (!req.socket.destroyed) wait(req.socket);
    });
  });
}

/** The rest of the request may be long in coming (RFC 9112 §6). */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
