import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '@parley/common/runtime/logger';
import { DnsTcpDecoder, encodeDnsTcp } from './tcp-framing.ts';

export type DnsTcpOptions = {
  /** The answer to one message; undefined ends the connection, as there is no other way to refuse. */
  answer: (message: Buffer) => Buffer | undefined;
  maxConnections: number;
  idleMs: number;
  maxQueryBytes: number;
  log: Logger;
};

export type DnsTcpServer = {
  server: Server;
  /** Takes no more connections and ends those there are: a resolver asks again elsewhere. */
  close: () => Promise<void>;
};

/**
 * DNS over TCP (RFC 7766): any number of queries on a connection, answered in their order; a client that does not read
 * its answers is not read from either.
 */
export function createDnsTcpServer(options: DnsTcpOptions): DnsTcpServer {
  const connections = new Set<Socket>();
  // A client may end its half after the query and still wants the answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    serveConnection(socket, options);
  });
  server.maxConnections = options.maxConnections;
  // A connection that cannot be accepted (no descriptor left) must not end the process.
  server.on('error', (err) => options.log.warn({ err }, 'DNS connections cannot be accepted'));
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of connections) socket.destroy();
    await closed;
  };
  return { server, close };
}

function serveConnection(socket: Socket, { answer, idleMs, maxQueryBytes, log }: DnsTcpOptions): void {
  const decoder = new DnsTcpDecoder(maxQueryBytes);
  const waiting: Buffer[] = [];
  // Not socket.setTimeout(): single bytes, sent slowly, would hold the connection for ever.
  const idle = setTimeout(() => socket.destroy(), idleMs);

  function answerWaiting(): void {
    while (!socket.writableNeedDrain && !socket.destroyed) {
      const message = waiting.shift();
      if (!message) break;
      const reply = answer(message);
      if (reply) socket.write(encodeDnsTcp(reply));
      else socket.destroy();
    }
    if (waiting.length > 0) socket.pause();
    else if (socket.readableEnded) socket.end();
    else socket.resume();
  }

  socket.on('data', (chunk: Buffer) => {
    const messages = decoder.feed(chunk);
    if (!messages) return socket.destroy();
    if (messages.length > 0) idle.refresh();
    waiting.push(...messages);
    answerWaiting();
  });
  socket.on('drain', answerWaiting);
  socket.on('end', answerWaiting);
  const peer = { address: socket.remoteAddress, port: socket.remotePort };
  socket.on('error', (err) => log.debug({ err, peer }, 'DNS connection failed'));
  socket.on('close', () => clearTimeout(idle));
}
