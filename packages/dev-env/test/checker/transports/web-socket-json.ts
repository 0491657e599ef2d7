import type { Transport } from '../told.ts';
import { openWebSocket } from './open-web-socket.ts';
import { toldOfJson } from './told-of-message.ts';

export const webSocketJson: Transport = {
  name: 'json',
  isRich: true,
  open: (ports, events) =>
    openWebSocket(
      ports,
      {
        subprotocol: 'parley.json.v1',
        encode: (request) => JSON.stringify(request),
        decode: (message) => [toldOfJson(String(message))],
      },
      events,
    ),
};
