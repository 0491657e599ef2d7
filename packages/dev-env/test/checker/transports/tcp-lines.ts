import { LineDecoder } from '@parley/common/wire/lines';
import type { Transport } from '../told.ts';
import { LineTalk } from './line-talk.ts';
import { openTcp } from './open-tcp.ts';

const MAX_LINE_BYTES = 1 << 20;

export const tcpLines: Transport = {
  name: 'lines',
  isRich: false,
  open(ports, events) {
    const talk = new LineTalk();
    const decoder = new LineDecoder({ maxBytes: MAX_LINE_BYTES });
    return openTcp(
      ports,
      {
        encode: (request) => `${talk.ask(request)}\n`,
        feed(chunk) {
          for (const line of decoder.feed(chunk)) {
            const told = 'text' in line ? talk.hear(line.text) : undefined;
            if (told !== undefined) events.onTold(told);
          }
        },
        pong: () => {},
      },
      events,
    );
  },
};
