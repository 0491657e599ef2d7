import { once } from 'node:events';
import type { ClientMessage } from '@parley/common/contracts/chat/client-message';
import { parseServerMessage, type ServerMessage } from '@parley/common/contracts/chat/server-message';
import { WebSocket } from 'ws';
import { waitFor } from './wait-for.ts';

type Typed<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;

export type WebClient = {
  /** All messages that came so far. */
  received: ServerMessage[];
  send(message: ClientMessage): void;
  /** Waits for the first message of this type. */
  saw<Type extends ServerMessage['type']>(type: Type): Promise<Typed<Type>>;
  close(): Promise<void>;
};

/** Speaks JSON with chat-ws over WebSocket, as a browser does. */
export async function openWebClient(port: number, host = '127.0.0.1'): Promise<WebClient> {
  const socket = new WebSocket(`ws://${host}:${port}/ws`, 'parley.json.v1', { handshakeTimeout: 5_000 });
  const received: ServerMessage[] = [];
  socket.on('message', (text) => {
    const message = parseServerMessage(JSON.parse(String(text)));
    if (message) received.push(message);
  });
  await once(socket, 'open');
  socket.on('error', () => {});
  return {
    received,
    send: (message) => socket.send(JSON.stringify(message)),
    saw<Type extends ServerMessage['type']>(type: Type) {
      const isIt = (message: ServerMessage): message is Typed<Type> => message.type === type;
      return waitFor(`a message of type ${type}`, () => received.find(isIt));
    },
    async close() {
      if (socket.readyState === WebSocket.CLOSED) return;
      socket.close(1000);
      await once(socket, 'close');
    },
  };
}
