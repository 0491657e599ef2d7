import { encodeFrame, FrameDecoder } from '@parley/common/wire/frames';
import type { Transport } from '../told.ts';
import { openTcp } from './open-tcp.ts';
import { toldOfJson } from './told-of-message.ts';

const MAX_FRAME_BYTES = 1 << 22;

export const tcpFrames: Transport = {
  name: 'frames',
  isRich: true,
  open(ports, events) {
    const decoder = new FrameDecoder({ maxBytes: MAX_FRAME_BYTES });
    return openTcp(
      ports,
      {
        encode: (request) => encodeFrame(JSON.stringify(request)),
        feed(chunk) {
          for (const frame of decoder.feed(chunk)) {
            const told = 'payload' in frame ? toldOfJson(frame.payload.toString()) : undefined;
            if (told !== undefined) events.onTold(told);
          }
        },
        pong: (socket) => void socket.write(encodeFrame(JSON.stringify({ type: 'pong' }))),
      },
      events,
    );
  },
};
