import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Ports, Request, Told, Wire, WireEvents } from '../told.ts';

export type WebSocketFormat = {
  subprotocol: string;
  encode(request: Request): string | Buffer;
  /** One message may tell several things. */
  decode(message: Buffer, isBinary: boolean): (Told | undefined)[];
};

const HANDSHAKE_MS = 3_000;

/** A connection to chat-ws whose socket can be cut. */
export async function openWebSocket({ chat }: Ports, format: WebSocketFormat, events: WireEvents): Promise<Wire> {
  let socket: Socket | undefined;
  const createConnection = () => {
    socket = connect(chat, '127.0.0.1');
    return socket;
  };
  const options = { handshakeTimeout: HANDSHAKE_MS, createConnection };
  const ws = new WebSocket(`ws://127.0.0.1:${chat}/ws`, format.subprotocol, options);
  ws.on('message', (data, isBinary) => {
    for (const told of format.decode(data as Buffer, isBinary)) if (told !== undefined) events.onTold(told);
  });
  await once(ws, 'open');
  ws.on('error', () => {});
  ws.once('close', () => events.onClosed());
  return {
    send: (request) => ws.send(format.encode(request), () => {}),
    pong: () => {},
    pause: () => ws.pause(),
    resume: () => ws.resume(),
    cut: () => void socket?.resetAndDestroy(),
    close: () => ws.close(1000),
  };
}
