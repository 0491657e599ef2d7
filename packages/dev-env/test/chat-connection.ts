import { once } from 'node:events';
import type { ClientMessage } from '@parley/common/contracts/chat/client-message';
import { parseServerMessage, type ServerMessage } from '@parley/common/contracts/chat/server-message';
import { encodeFrame, FrameDecoder } from '@parley/common/wire/frames';
import { connectTcp } from '@parley/net/connect';
import { WebSocket } from 'ws';

/** A client's end of a connection that carries chat messages as JSON. */
export type ChatConnection = { send(message: ClientMessage): void; close(): void };

export type ConnectionEvents = { onMessage(message: ServerMessage): void; onClose(): void };

/** Opens a connection; rejects when there is none to be had. */
export type Connect = (events: ConnectionEvents) => Promise<ChatConnection>;

const CONNECT_TIMEOUT_MS = 2_000;
const MAX_FRAME_BYTES = 1 << 20;

export function byWebSocket(url: string): Connect {
  return async (events) => {
    const socket = new WebSocket(url, { handshakeTimeout: CONNECT_TIMEOUT_MS });
    socket.on('message', (text) => receive(String(text), events));
    await once(socket, 'open');
    socket.on('error', () => {});
    socket.once('close', events.onClose);
    return {
      send: (message) => socket.send(JSON.stringify(message)),
      close: () => socket.close(1000),
    };
  };
}

/** Length-prefixed frames over TCP. */
export function byFrames(port: number): Connect {
  return async (events) => {
    const socket = await connectTcp({ host: '127.0.0.1', port, timeoutMs: CONNECT_TIMEOUT_MS, noDelay: true });
    const decoder = new FrameDecoder({ maxBytes: MAX_FRAME_BYTES });
    socket.on('data', (chunk: Buffer) => {
      for (const frame of decoder.feed(chunk)) if ('payload' in frame) receive(frame.payload.toString(), events);
    });
    socket.on('error', () => {});
    socket.once('close', events.onClose);
    return {
      send: (message) => void socket.write(encodeFrame(JSON.stringify(message))),
      close: () => void socket.end(),
    };
  };
}

function receive(text: string, events: ConnectionEvents): void {
  const message = parseServerMessage(JSON.parse(text));
  if (message) events.onMessage(message);
}
