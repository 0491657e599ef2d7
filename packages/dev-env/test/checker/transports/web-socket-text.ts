import type { Transport } from '../told.ts';
import { LineTalk } from './line-talk.ts';
import { openWebSocket } from './open-web-socket.ts';

export const webSocketText: Transport = {
  name: 'text',
  isRich: false,
  open(ports, events) {
    const talk = new LineTalk();
    return openWebSocket(
      ports,
      {
        subprotocol: 'parley.text.v1',
        encode: (request) => talk.ask(request) ?? '',
        decode: (message) => [talk.hear(String(message))],
      },
      events,
    );
  },
};
