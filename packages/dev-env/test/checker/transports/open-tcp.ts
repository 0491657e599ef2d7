import type { Socket } from 'node:net';
import { connectTcp } from '@parley/net/connect';
import type { Ports, Request, Wire, WireEvents } from '../told.ts';

const CONNECT_MS = 3_000;

export type TcpFormat = {
  encode(request: Request): string | Buffer;
  feed(chunk: Buffer): void;
  pong(socket: Socket): void;
};

/** A connection to the gateway. */
export async function openTcp({ gateway }: Ports, format: TcpFormat, events: WireEvents): Promise<Wire> {
  const socket = await connectTcp({ host: '127.0.0.1', port: gateway, timeoutMs: CONNECT_MS, noDelay: true });
  socket.on('data', (chunk: Buffer) => format.feed(chunk));
  socket.on('error', () => {});
  socket.once('close', () => events.onClosed());
  return {
    send: (request) => void socket.write(format.encode(request)),
    pong: () => format.pong(socket),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    cut: () => void socket.resetAndDestroy(),
    close: () => void socket.end(),
  };
}
