import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '@parley/common/runtime/logger';
import { networkOf } from '@parley/net/network-of';
import { DnsTcpDecoder, encodeDnsTcp } from './tcp-framing.ts';

export type DnsTcpOptions = {
  /** The answer to one message; undefined ends the connection, as there is no other way to refuse. */
  answer: (message: Buffer) => Buffer | undefined;
  maxConnections: number;
  /** From one IPv4 address or IPv6 /64: nobody can take them all. */
  maxConnectionsPerIp: number;
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
 * DNS over TCP (RFC 7766): any number of queries on a connection, answered in their order, one in each turn of the event
 * loop, so that a thousand at once hold nobody up; a client that does not read its answers is not read from either.
 */
export function createDnsTcpServer(options: DnsTcpOptions): DnsTcpServer {
  /** With the network that each comes from. */
  const connections = new Map<Socket, string>();
  // A client may end its half after the query and still wants the answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const network = networkOf(socket.remoteAddress ?? '', { ipv4Bits: 32 });
    const others = connections.values().filter((other) => other === network);
    if (others.toArray().length >= options.maxConnectionsPerIp) return void socket.destroy();
    connections.set(socket, network);
    socket.once('close', () => connections.delete(socket));
    serveConnection(socket, options);
  });
  server.maxConnections = options.maxConnections;
  // A connection that cannot be accepted (no descriptor left) must not end the process.
  const onError = (err: Error) => options.log.warn({ err }, 'DNS connections cannot be accepted');
  server.once('listening', () => server.on('error', onError));
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of connections.keys()) socket.destroy();
    await closed;
  };
  return { server, close };
}

function serveConnection(socket: Socket, { answer, idleMs, maxQueryBytes, log }: DnsTcpOptions): void {
  const decoder = new DnsTcpDecoder(maxQueryBytes);
  const waiting: Buffer[] = [];
  // Not socket.setTimeout(): single bytes, sent slowly, would hold the connection for ever.
  const idle = setTimeout(() => socket.destroy(), idleMs);
  const peer = { address: socket.remoteAddress, port: socket.remotePort };

  function send(message: Buffer): void {
    try {
      const reply = answer(message);
      if (reply) socket.write(encodeDnsTcp(reply));
      else socket.destroy();
    } catch (err) {
      log.error({ err, peer }, 'a DNS query could not be answered');
      socket.destroy();
    }
  }

  /** Goes on by itself until the queue is empty or the socket is full; `drain` goes on from there. */
  function answerNext(): void {
    const message = socket.writableNeedDrain ? undefined : waiting.shift();
    if (message) send(message);
    if (socket.destroyed) return;
    if (waiting.length > 0) {
      socket.pause();
      if (!socket.writableNeedDrain) setImmediate(answerNext);
    } else if (socket.readableEnded) socket.end();
    else socket.resume();
  }

  socket.on('data', (chunk: Buffer) => {
    const messages = decoder.feed(chunk);
    if (!messages) return socket.destroy();
    if (messages.length > 0) idle.refresh();
    waiting.push(...messages);
    answerNext();
  });
  socket.on('drain', answerNext);
  socket.on('end', answerNext);
  socket.on('error', (err) => log.debug({ err, peer }, 'DNS connection failed'));
  socket.on('close', () => clearTimeout(idle));
}
