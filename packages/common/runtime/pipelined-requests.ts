import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of one connection that may be under way at once. */
const mostUnderWay = 16;

type Handler = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

/**
 * Bounds the requests that a connection has under way: Node begins each one that has come, whatever has been answered (RFC 9112 §9.3.2), and
 * a packet has room for a thousand. One too many ends the connection. Hardly a client pipelines, and one that does has to expect this, and
 * repeats what was not answered.
 */
export function boundPipelinedRequests(onEnded: () => void): Handler {
  const underWay = new WeakMap<Socket, number>();

  function add(socket: Socket, requests: 1 | -1): number {
    const count = (underWay.get(socket) ?? 0) + requests;
    underWay.set(socket, count);
    return count;
  }

  return ({ socket }, res, next) => {
    // What was in the same packet still comes.
    if (socket.destroyed) return;
    res.once('close', () => add(socket, -1));
    if (add(socket, 1) <= mostUnderWay) return next();
    socket.destroy();
    onEnded();
  };
}
