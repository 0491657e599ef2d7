import type { Server, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Closers } from '@parley/common/runtime/closers';
import { type Listening, listenTcp } from '@parley/common/runtime/listen';
import { type AcceptOptions, createAcceptor } from './clients/accept.ts';

export type EchoOptions = Omit<AcceptOptions, 'refusal'> & {
  host: string;
  port: number;
  /** Time for clients to take what is theirs when the listener is closed. */
  closeMs: number;
  closers: Closers;
};

/** Sends every byte back. A client that does not read is not read from either, so it costs a buffer's worth of memory. */
export async function openEchoListener(options: EchoOptions): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createAcceptor(options, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.pipe(socket);
  });
  const { host, port, closeMs, closers } = options;
  const listening = await listenTcp(server, { host, port, setting: 'GATEWAY_ECHO_PORT' });
  closers.push('echo', () => closeEcho(server, sockets, closeMs));
  return listening;
}

async function closeEcho(server: Server, sockets: Set<Socket>, closeMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  for (const socket of sockets) socket.destroySoon();
  await Promise.race([closed, delay(closeMs, undefined, { ref: false })]);
  for (const socket of sockets) socket.destroy();
  await closed;
}
